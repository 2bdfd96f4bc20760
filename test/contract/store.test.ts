import { SimStorage } from '../sim/store.ts'
import { storeSuite } from './store-suite.ts'

storeSuite('the simulated store', () => {
  const storage = new SimStorage()
  return { open: () => storage.open(), damages: { unreadable: () => storage.damage() } }
})
