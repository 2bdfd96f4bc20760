/** What a configuration says of an instance. */
export interface Configured {
  readonly device: string
  readonly listen: number
  readonly gui: number
}

/** Opens the interface of an instance, which only listens on loopback. */
export const apiKey = 'bench'

/** Everything that reaches beyond loopback is off: discovery, relays, NAT, STUN, reports, upgrades. */
const options = {
  globalAnnounceEnabled: false,
  localAnnounceEnabled: false,
  relaysEnabled: false,
  natEnabled: false,
  announceLANAddresses: false,
  stunKeepaliveStartS: 0,
  urAccepted: -1,
  crashReportingEnabled: false,
  autoUpgradeIntervalH: 0,
  startBrowser: false,
  reconnectionIntervalS: 1,
  // The others run with normal priority.
  setLowPriority: false,
}

/** The `config.xml` of one instance among all. */
export function syncthingConfig(own: Configured, all: readonly Configured[]): string {
  const devices = all.map(
    ({ device, listen }) => `<device id="${device}"><address>tcp://127.0.0.1:${listen}</address></device>`,
  )
  const settings = Object.entries(options).map(([name, value]) => `<${name}>${value}</${name}>`)
  return [
    '<configuration version="36">',
    ...devices,
    `<gui enabled="true" tls="false"><address>127.0.0.1:${own.gui}</address><apikey>${apiKey}</apikey></gui>`,
    `<options><listenAddress>tcp://127.0.0.1:${own.listen}</listenAddress>`,
    ...settings,
    '</options></configuration>',
    '',
  ].join('\n')
}
