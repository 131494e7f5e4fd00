import assert from "node:assert/strict";
import { connectionSchema, type Connection } from "../../provider/connection";
import { contentsHere, contentsSeen, contentsThere } from "../../provider/activation/profile-contents";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import type { Context } from "../../provider/resource";
import { profileActivation, type ProfileActivationState } from "../../provider/resources/profile-activation";
import type { StorePath } from "../../provider/values";
import { bring, buildSystem, forgetNixos, markAsNixos } from "../examples/nixos-system";
import { environment, setEnvironment, sharedFleet, type Host as TestHost, type Suite } from "../fleet";

for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
  describe(`what the path of a profile holds, on ${suite}`, function () {
    let machine: TestHost;
    let hosts: Hosts;
    let controller: Host;
    let host: Host;
    let connection: Connection;
    let one: StorePath;
    let two: StorePath;
    let restoreEnvironment: () => void;
    const ran: string[] = [];

    before(async () => {
      restoreEnvironment = setEnvironment(environment());
      machine = (await sharedFleet({ [suite]: 1 }))[suite][0] as TestHost;
      hosts = new Hosts();
      controller = await hosts.get(connectionSchema.parse({ local: true }));
      connection = connectionSchema.parse(machine.connection());
      host = counting(await hosts.get(connection));
      const web = { command: "sleep 1000" };
      one = (await buildSystem("23.11", { web, clock: web })) as StorePath;
      two = (await buildSystem("24.05", { web }, "6.6")) as StorePath;
      for (const path of [one, two]) await bring(machine, path);
      await markAsNixos(machine);
    });
    after(async () => {
      await machine.sh("rm -rf /var/lib/pulumi-nix/profiles");
      await forgetNixos(machine);
      await hosts.close();
      restoreEnvironment();
    });

    const counting = (inner: Host): Host => ({
      name: inner.name,
      user: inner.user,
      canElevate: inner.canElevate,
      run: (argv, options) => {
        ran.push(options.doing);
        return inner.run(argv, options);
      },
      open: (argv, options) => inner.open(argv, options),
    });
    const context = (): Context => ({
      host: () => Promise.resolve(host),
      freshHost: (to, seconds) => hosts.fresh(to, seconds),
      controller,
      log: () => undefined,
      status: () => undefined,
    });

    it("is the same whether the machine or this one is asked", async () => {
      for (const kind of ["nixos", "noop"] as const) {
        const here = await contentsHere(controller, { path: one, kind }, {});
        assert.deepEqual(await contentsThere(host, "root", one, kind), here);
        assert.deepEqual(here.packages, { linux: "6.1", "nixos-system": "23.11" });
        const units = kind === "nixos" ? ["activate-at-boot.service", "clock.service", "web.service"] : [];
        assert.deepEqual(Object.keys(here.units ?? {}), units);
      }
    });

    it("is not known of what is no store path there", async () => {
      assert.deepEqual(await contentsThere(host, "root", `${one}-not` as StorePath, "nixos"), {});
    });

    it("is not what the former path held, of another one of which nothing can be told", async () => {
      const state = { path: one, kind: "nixos", packages: { linux: "6.1" } } as unknown;
      const profile = { user: "root" } as Parameters<typeof contentsSeen>[3];
      const seen = contentsSeen(state as ProfileActivationState, `${one}-not`, host, profile, context());
      assert.deepEqual(await seen, { packages: undefined, closureSize: undefined, units: undefined });
    });

    it("is read from the machine only when another path is active there, in one command more", async () => {
      const inputs = { connection, profile: "system", path: one, kind: "nixos", action: "switch" };
      const checked = {
        ...profileActivation.inputs.parse(inputs),
        ...(await contentsHere(controller, { path: one, kind: "nixos" }, {})),
      };
      let state: ProfileActivationState = await profileActivation.ensure(
        "contents",
        checked as never,
        undefined,
        context(),
      );
      const read = async (): Promise<number> => {
        ran.length = 0;
        state = (await profileActivation.read("contents", state, context())) as ProfileActivationState;
        return ran.length;
      };
      assert.equal(await read(), 1, ran.join("\n"));
      assert.deepEqual(state.packages, { linux: "6.1", "nixos-system": "23.11" });
      await machine.sh(`${two}/bin/switch-to-configuration test`);
      assert.equal(await read(), 2, ran.join("\n"));
      assert.equal(state.path, `only running: ${two}`);
      assert.deepEqual(state.packages, { linux: "6.6", "nixos-system": "24.05" });
      assert.deepEqual(Object.keys(state.units ?? {}), ["activate-at-boot.service", "web.service"]);
      assert.equal(await read(), 1, ran.join("\n"));
      await machine.sh(`${one}/bin/switch-to-configuration test`);
      await read();
      assert.deepEqual(Object.keys(state.units ?? {}), [
        "activate-at-boot.service",
        "clock.service",
        "web.service",
      ]);
    });
  });
}
