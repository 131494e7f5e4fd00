import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../provider/connection";
import { CommandError, TimeoutError } from "../../provider/errors";
import type { Host, HostProcess } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { copyClosure, type CopyReport, type CopyRequest } from "../../provider/nix/copy";
import { evaluateAll } from "../../provider/nix/evaluate";
import { ensureRoots, removeRoots, rootedPaths } from "../../provider/nix/roots";
import { realise } from "../../provider/nix/store";
import type { StorePath } from "../../provider/values";
import { environment, setEnvironment, sharedFleet, type Host as TestHost, type Suite } from "../fleet";

/** A host on which one of Nix's commands is another one, or fails to start. */
class Replaced implements Host {
  readonly opened: HostProcess[] = [];
  constructor(
    private readonly inner: Host,
    private readonly option: string,
    private readonly script: string | Error,
  ) {}
  get name(): string {
    return this.inner.name;
  }
  get user(): string {
    return this.inner.user;
  }
  get canElevate(): boolean {
    return this.inner.canElevate;
  }
  run: Host["run"] = (argv, options) =>
    argv[1] === this.option && this.script instanceof Error
      ? Promise.reject(this.script)
      : this.inner.run(argv, options);
  open: Host["open"] = async (argv, options) => {
    const isReplaced = argv[1] === this.option;
    if (isReplaced && this.script instanceof Error) throw this.script;
    const replacement = ["sh", "-c", String(this.script), ...argv];
    const opened = await this.inner.open(isReplaced ? replacement : argv, options);
    this.opened.push(opened);
    return opened;
  };
}

describe("copying a closure", function () {
  let hosts: Hosts;
  let controller: Host;
  let restoreEnvironment: () => void;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-copy-"));
    restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: folder });
    hosts = new Hosts();
    controller = await hosts.get(connectionSchema.parse({ local: true }));
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
    rmSync(folder, { recursive: true });
  });

  /** Three paths, each of which refers to the one before, of a random size that no host has seen. */
  const build = async (mark: string): Promise<StorePath> => {
    const expr = `{ mark }: let
      path = name: before: derivation {
        inherit name before mark; system = builtins.currentSystem; builder = "/bin/sh"; PATH = "/usr/bin:/bin";
        args = [ "-ec" "mkdir $out; echo $before $mark > $out/text; head -c 100000 /dev/zero > $out/zeros; ln -s text $out/link" ];
      }; in path "top" (path "middle" (path "bottom" ""))`;
    const [found] = await evaluateAll([{ expr, args: { mark } }], controller);
    assert.ok(found?.ok, JSON.stringify(found));
    await realise(controller, found.drvPath, { root: join(folder, mark) });
    return found.outputs["out"] as StorePath;
  };

  for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
    describe(`to ${suite}`, () => {
      let machine: TestHost;
      let target: Host;
      const roots = `/var/lib/pulumi-nix/roots/copy-test`;

      before(async () => {
        machine = (await sharedFleet({ [suite]: 1 }))[suite][0] as TestHost;
        target = await hosts.get(connectionSchema.parse(machine.connection()));
      });
      after(() => machine.sh(`rm -rf ${roots}`));

      const copy = (path: StorePath, more: Partial<CopyRequest> = {}): Promise<CopyReport> =>
        copyClosure({
          source: controller,
          target,
          as: undefined,
          paths: [path],
          root: () => ensureRoots(target, undefined, roots, [path]),
          ...more,
        });
      /** Waits until no such process is left on the machine. */
      const ended = (pattern: string): Promise<string> =>
        machine.sh(
          `for i in 1 2 3 4 5 6 7 8 9; do pgrep -f '${pattern}' >&2 || exit 0; sleep 1; done; exit 1`,
        );

      it("sends what is missing and nothing else, and what arrives is whole", async () => {
        const path = await build(`whole-${suite}`);
        const first = await copy(path);
        assert.deepEqual([first.paths, first.copied], [3, 3]);
        assert.ok(first.bytes > 300_000);
        await machine.sh(`nix-store --verify-path $(nix-store -qR ${path})`);
        assert.deepEqual(await rootedPaths(target, undefined, roots), [path]);
        assert.deepEqual(await copy(path), { paths: 3, copied: 0, bytes: 0 });

        await machine.sh(`rm -r ${roots}; nix-store --delete ${path}`);
        const again = await copy(path);
        assert.deepEqual([again.paths, again.copied], [3, 1]);
      });

      it("sends more paths than go into one export in several", async () => {
        const path = await build(`batches-${suite}`);
        const source = new Replaced(controller, "--nothing", "");
        assert.equal((await copy(path, { source, batchSize: 2 })).copied, 3);
        assert.equal(source.opened.length, 2);
        await machine.sh(`nix-store --verify-path $(nix-store -qR ${path})`);
      });

      it("protects the paths while they are on their way, the ones that were there too", async () => {
        const path = await build(`protected-${suite}`);
        const collecting = async (): Promise<void> => {
          await machine.trySh("nix-collect-garbage");
          await machine.sh(`nix-store --check-validity $(nix-store -qR ${path})`);
          await ensureRoots(target, undefined, roots, [path]);
        };
        const request = { source: controller, target, as: undefined, paths: [path], root: collecting };
        assert.equal((await copyClosure(request)).copied, 3);
        await removeRoots(target, undefined, roots);
        assert.equal((await copyClosure(request)).copied, 0);
        // The control: without the open session nothing holds them.
        await removeRoots(target, undefined, roots);
        await machine.sh("nix-collect-garbage");
        assert.equal((await machine.trySh(`nix-store --check-validity ${path}`)).code, 1);
      });

      it("an export that fails is what is reported, not the import that it cut off", async () => {
        const path = await build(`export-${suite}`);
        const cutOff = `nix-store --export "\$@" | head -c 5000; echo no more >&2; exit 7`;
        await assert.rejects(
          copy(path, { source: new Replaced(controller, "--export", cutOff) }),
          (error: Error) => {
            assert.ok(error instanceof CommandError);
            assert.deepEqual([error.host, error.exitCode], [controller.name, 7]);
            assert.match(error.message, /no more/);
            assert.match(error.changed ?? "", new RegExp(`stay in its store .* \\(on ${target.name}\\)$`));
            return true;
          },
        );
      });

      it("an import that fails is what is reported, with what the machine was left with", async () => {
        const path = await build(`import-${suite}`);
        for (const refusal of ["", "head -c 1000 >/dev/null; ", "cat >/dev/null; "]) {
          const refusing = new Replaced(target, "--import", `${refusal}echo not today >&2; exit 9`);
          await assert.rejects(copy(path, { target: refusing }), (error: Error) => {
            assert.ok(error instanceof CommandError);
            assert.deepEqual([error.host, error.exitCode], [target.name, 9]);
            assert.match(error.message, /not today\nthe machine was changed: paths that arrived whole/);
            return true;
          });
        }
      });

      it("an import that is content with a part is no success", async () => {
        const path = await build(`part-${suite}`);
        const source = new Replaced(controller, "--export", "exec cat /dev/zero");
        const content = new Replaced(target, "--import", "head -c 1000 >/dev/null");
        await assert.rejects(copy(path, { source, target: content }), (error: Error) => {
          assert.ok(error instanceof CommandError, String(error));
          return error.host === controller.name;
        });
      });

      it("a closure that cannot be listed is told, and no session stays open", async () => {
        const path = await build(`listing-${suite}`);
        const source = new Replaced(controller, "--query", new Error("no list today"));
        await assert.rejects(copy(path, { source }), /no list today/);
        await ended("[n]ix-store --serve");
      });

      it("an export that does not start leaves no import open", async () => {
        const path = await build(`unstarted-${suite}`);
        const source = new Replaced(controller, "--export", new Error("no process left"));
        await assert.rejects(copy(path, { source }), /no process left/);
        await ended("[n]ix-store --import");
      });

      it("a machine that answers but whose Nix hangs is given up", async () => {
        const path = await build(`hung-${suite}`);
        for (const option of ["--serve", "--import", "--export"]) {
          const hung = [controller, target].map((host) => new Replaced(host, option, "exec sleep 1000"));
          const [source, machineThatHangs] = hung as [Replaced, Replaced];
          await assert.rejects(
            copy(path, { source, target: machineThatHangs, idleLimit: 1 }),
            (error: Error) => {
              assert.ok(error instanceof TimeoutError, String(error));
              assert.equal(error.host, target.name);
              assert.equal(
                error.changed?.startsWith("paths that arrived"),
                option !== "--serve" || undefined,
              );
              return true;
            },
          );
          for (const opened of hung.flatMap((host) => host.opened)) await opened.exited;
        }
      });

      it("is not given up as long as something moves, however long it takes", async () => {
        const path = await build(`slow-${suite}`);
        const rests = "for i in 1 2 3 4; do head -c 20000; sleep 0.8; done; cat";
        const source = new Replaced(controller, "--export", `nix-store --export "$@" | { ${rests}; }`);
        const slow = "cat >/dev/null; for i in 1 2 3 4; do echo imported; sleep 0.8; done";
        const told: string[] = [];
        const onProgress = (text: string): unknown => told.push(text);
        // The slow import takes nothing, so that the slow export still has all to send.
        for (const ends of [{ target: new Replaced(target, "--import", slow) }, { source }])
          await copy(path, { ...ends, onProgress, idleLimit: 2, root: () => Promise.resolve() });
        assert.match(told.at(-1) ?? "", /^copying 3 paths: 0\.[1-9] MiB$/);
      });

      it("leaves no process on the machine", async () => {
        await copy(await build(`processes-${suite}`));
        assert.equal((await machine.trySh("pgrep -f 'nix-store --(serve|import)'")).stdout, "");
      });
    });
  }
});
