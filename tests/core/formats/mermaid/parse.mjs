// Reads a JSON array of texts from standard input and writes one of the parser's complaints: null where there is none.
import { JSDOM } from 'jsdom'

const { window } = new JSDOM('<!doctype html><body></body>')
Object.assign(globalThis, { window, document: window.document })
const { default: mermaid } = await import('mermaid')

let text = ''
for await (const part of process.stdin) text += part
const complaints = []
for (const diagram of JSON.parse(text)) {
  try {
    await mermaid.parse(diagram)
    complaints.push(null)
  } catch (error) {
    complaints.push(String(error.message ?? error))
  }
}
process.stdout.write(JSON.stringify(complaints))
