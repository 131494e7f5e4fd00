import assert from "node:assert/strict";
import { unitProgram } from "../../provider/systemd/unit-program";
import { type Host, type Outcome, sharedFleet } from "../fleet";

const program = "/run/apply-unit-test.sh";
const name = "apply-unit-test.service";
const file = `/etc/systemd/system/${name}`;
const text = (seconds: number) => `[Service]\nExecStart=/bin/sleep ${seconds}\n`;

describe("the program that changes a unit", function () {
  let host: Host;

  before(async () => {
    host = (await sharedFleet({ bookworm: 1 })).bookworm[0] as Host;
    await host.sh(`cat >${program}`, { input: unitProgram("await-unit.sh", "apply-unit.sh").text });
  });

  afterEach(() =>
    host.sh(`systemctl stop ${name} 2>&1; rm -f ${file} ${file}.before*; systemctl daemon-reload`),
  );

  after(() => host.sh(`rm -f ${program}`));

  /** Runs it with a text of which only a part may come; `how` stands around the command line `$program`. */
  const write = (
    seconds: number,
    { sent = text(seconds), shell = "dash", how = "$program", former = "drop" } = {},
  ): Promise<Outcome> => {
    const args = `system ${name} write keep restart ${former} 1000 20 ${text(seconds).length}`;
    const command = how.replace("$program", `${shell} ${program} ${args}`);
    return host.trySh(command, { input: sent });
  };
  const running = () => host.sh(`ps -o args= $(systemctl show ${name} -p MainPID --value)`);

  for (const shell of ["dash", "bash"]) {
    it(`leaves a unit as it was whose text does not arrive to its end (${shell})`, async () => {
      assert.equal((await write(1000, { shell })).code, 0);
      for (const sent of ["", text(2000).slice(0, -1)]) {
        const { code, stderr } = await write(2000, { shell, sent });
        assert.equal(code, 1);
        assert.match(stderr, /^only \d+ of the 36 bytes of .*\.service arrived: nothing was changed\n$/);
        assert.equal(await host.sh(`cat ${file}`), text(1000).trimEnd());
      }
      assert.match(await running(), /sleep 1000/);
      assert.equal(await host.sh("find /etc/systemd/system -name '.apply-unit-test*'"), "");
    });

    for (const [what, how] of [
      ["are closed", "$program >&- 2>&-"],
      ["have no reader any more", "{ sleep 0.3 </dev/null; $program; } 2>&1 | true"],
    ] as const) {
      it(`ends what it began when its outputs ${what} (${shell})`, async () => {
        await write(1000, { shell });
        await write(2000, { shell, how });
        assert.equal(await host.sh(`cat ${file}`), text(2000).trimEnd());
        assert.equal(await host.sh(`systemctl show ${name} -p NeedDaemonReload --value`), "no");
        assert.match(await running(), /sleep 2000/);
      });
    }
  }
});
