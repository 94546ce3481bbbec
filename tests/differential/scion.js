// Run charts through SCION: lines of {"scxml", "events"} in, lines of configurations out.
//
// node scion.js <folder with node_modules> [--as-published]

"use strict";

const fs = require("fs");
const path = require("path");
const Module = require("module");
const readline = require("readline");

const [folder, mode] = process.argv.slice(2);
const require_ = Module.createRequire(path.join(path.resolve(folder), "index.js"));

if (mode !== "--as-published") {
  // What SCION does otherwise than SCXML 1.0, appendix D. See README.md.
  const corrections = {
    "helpers.js": [
      // findLCCA: only compound states count, and all targets do.
      ["opts && opts.legacySemantics ?", "true ?"],
      ["getLCCA(t.source,t.targets[0])", "getLCCA(t.source,t.targets)"],
      ["anc.descendants.indexOf(s2) > -1", "s2.every((each) => anc.descendants.indexOf(each) > -1)"],
      // entryOrder and exitOrder: document order, whatever the depth.
      ["if (s1.depth > s2.depth)", "if (false)"],
      ["if (s1.depth < s2.depth)", "if (false)"],
    ],
    "scion-core-base.js": [
      // mainEventLoop: only a final state of the machine itself ends it, not any other.
      ["return s.typeEnum === FINAL; }", "return s.typeEnum === FINAL && s.depth === 2; }"],
      // exitStates: a deep history remembers final states as well, which isAtomicState counts.
      ["s0.typeEnum === BASIC && stateExited", "(s0.typeEnum === BASIC || s0.typeEnum === FINAL) && stateExited"],
      // executeTransitionContent: in the order in which the transitions were selected.
      ["selectedTransitions.iter().sort(transitionComparator)", "selectedTransitions.iter()"],
    ],
  };
  const load = Module._extensions[".js"];
  Module._extensions[".js"] = (module, file) => {
    const wanted = file.includes(path.join("core-base", "lib")) ? corrections[path.basename(file)] : undefined;
    if (wanted === undefined) return load(module, file);
    let corrected = fs.readFileSync(file, "utf8");
    for (const [before, after] of wanted) {
      if (!corrected.includes(before)) throw new Error(`this version of SCION is not known: no ${before}`);
      corrected = corrected.replace(before, after);
    }
    return module._compile(corrected, file);
  };
}

const scxml = require_("@scion-scxml/scxml");

function run(chart) {
  return new Promise((resolve) => {
    scxml.documentStringToModel("chart.scxml", chart.scxml, (error, model) => {
      if (error) return resolve({ error: String(error) });
      return model.prepare((failed, prepared) => {
        if (failed) return resolve({ error: String(failed) });
        const interpreter = new scxml.core.Statechart(prepared);
        const found = [];
        try {
          interpreter.start();
          found.push(interpreter.getConfiguration().sort());
          for (const name of chart.events) {
            interpreter.gen({ name });
            found.push(interpreter.getConfiguration().sort());
          }
        } catch (thrown) {
          return resolve({ error: String(thrown) });
        }
        return resolve(found);
      }, { console: { log() {} } });
    });
  });
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await run(JSON.parse(line))) + "\n");
  }
  process.exit(0);
})();
