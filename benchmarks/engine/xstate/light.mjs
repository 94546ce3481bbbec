// The machine of light.py on XState: a line with a number of ticks in; a line with the state, the total and the seconds out.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { assign, createActor, initialTransition, setup, transition } from "xstate";

const { version } = createRequire(import.meta.url)("xstate/package.json");
const following = { green: "amber", amber: "red", red: "green" };

const machine = setup({
  guards: { isLarge: ({ event }) => event.amount > 5 },
  actions: { add: assign({ total: ({ context, event }) => context.total + event.amount }) },
}).createMachine({
  initial: "green",
  context: { total: 0 },
  states: Object.fromEntries(
    Object.entries(following).map(([state, target]) => [
      state,
      { on: { tick: { guard: "isLarge", target, actions: "add" } } },
    ]),
  ),
});

const ways = {
  "actor.send()": () => {
    const actor = createActor(machine).start();
    return (times) => {
      for (let number = 0; number < times; number += 1) actor.send({ type: "tick", amount: 7 });
      return actor.getSnapshot();
    };
  },
  "transition()": () => {
    let [snapshot] = initialTransition(machine);
    return (times) => {
      for (let number = 0; number < times; number += 1) {
        [snapshot] = transition(machine, snapshot, { type: "tick", amount: 7 });
      }
      return snapshot;
    };
  },
};

const way = ways[process.argv[2]];
const run = way();
const tell = (found) => process.stdout.write(`${JSON.stringify(found)}\n`);

way()(20_000); // so that the compiler has seen the code
tell({ xstate: version, node: process.versions.node });
createInterface({ input: process.stdin }).on("line", (line) => {
  const began = process.hrtime.bigint();
  const snapshot = run(Number(line));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  tell({ state: snapshot.value, total: snapshot.context.total, seconds });
});
