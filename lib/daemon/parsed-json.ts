/** The value of a JSON text; undefined for what is none: a file that was cut short is as good as never written. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
