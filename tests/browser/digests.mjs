// Run digests.py in Pyodide: `node digests.mjs <folder of actum_core> <file of what is asked>`; the answer is on
// standard output, and nothing else is.
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { loadPyodide, version } from "pyodide";

const [core, asked] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));

async function main() {
  const python = await loadPyodide({ stdout: (line) => console.error(line) });
  python.mountNodeFS("/core", core);
  python.mountNodeFS("/here", here);
  python.runPython(`
import sys

sys.dont_write_bytecode = True
sys.path[:0] = ["/core", "/here"]
from digests import answer
`);
  const answer = python.globals.get("answer");
  const told = JSON.parse(answer(await readFile(asked, "utf8")));
  told.python = python.runPython("sys.version.split()[0] + ' ' + sys.platform");
  told.pyodide = version;
  process.stdout.write(JSON.stringify(told));
}

// Without this, Node would show the line of Pyodide's own source, which has a million characters.
main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
