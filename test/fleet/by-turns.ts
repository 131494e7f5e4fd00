import type { Suite } from "./host";

/** The oldest that is supported, Nix 2.8 with systemd 252, and the newest of a stable Debian: Nix 2.26 with systemd 257. */
export const suites: readonly Suite[] = ["bookworm", "trixie"];

/** Set by `npm run test:both`. */
const onBoth = process.env["BOTH_SUITES"] === "yes";

/**
 * mocha's `it` for tests that are the same, in the same order, on each suite, and do not build on one another: the first
 * is run on one suite, the next on the other, and so on. `npm run test:both` runs all of them on both.
 */
export function byTurns(suite: Suite): (statement: string, test: Mocha.AsyncFunc) => void {
  let turn = suites.indexOf(suite);
  return (statement, test) => {
    if (onBoth || turn % suites.length === 0) it(statement, test);
    turn += 1;
  };
}

/** Of tests that build on one another: the suite that they are run on, and both with `npm run test:both`. */
export function oneSuite(suite: Suite): readonly Suite[] {
  return onBoth ? suites : [suite];
}
