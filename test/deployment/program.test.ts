import assert from "node:assert/strict";
import { join } from "node:path";
import { watchdogOf } from "../../provider/deployment/program";
import { loadProgram } from "../../provider/host/program";
import { unitWatchdog } from "../../provider/systemd/unit-program";
import { checkout } from "../fleet/script";

const here = (name: string) => loadProgram(join(checkout, "provider/activation", name));
const watchdogs = {
  profile: watchdogOf(here("profile.sh"), here("activation.sh")),
  unit: unitWatchdog(),
};

describe("the text of a watchdog", () => {
  for (const [subject, { text }] of Object.entries(watchdogs)) {
    it(`of a ${subject} defines each function once, although its parts are written apart`, () => {
      const names = [...text.matchAll(/^([a-z_]+)\(\) \{/gm)].map(([, name]) => name);
      assert.ok(names.includes("main") && names.includes("subject_apply"));
      assert.deepEqual(
        names.filter((name, index) => names.indexOf(name) !== index),
        [],
      );
    });
  }
});
