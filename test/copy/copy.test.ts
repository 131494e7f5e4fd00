import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../provider/connection";
import { CommandError, InterruptedError, RefusedError, TimeoutError } from "../../provider/errors";
import type { Host, HostProcess } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { storeSource } from "../../provider/copy/closure-source";
import { copyClosure, type CopyReport, type CopyRequest } from "../../provider/copy/copy";
import { evaluateAll } from "../../provider/nix/evaluate";
import { ensureRoots, removeRoots, rootedPaths } from "../../provider/nix/roots";
import { realise } from "../../provider/nix/realise";
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
    const replacement = ["sh", "-c", String(this.script), ...argv]; // $0 is nix-store.
    const opened = await this.inner.open(isReplaced ? replacement : argv, options);
    this.opened.push(opened);
    return opened;
  };
}

/** So many bytes, each as it comes: `head` would keep the answers to itself. */
const first = (bytes: number): string => `dd bs=1 count=${bytes} 2>/dev/null`;

interface Ends extends Partial<Omit<CopyRequest, "source" | "target">> {
  source?: Host;
  to?: Host;
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

      const copy = (
        path: StorePath,
        { source = controller, to = target, ...more }: Ends = {},
      ): Promise<CopyReport> =>
        copyClosure({
          source: storeSource(source, undefined, more.idleLimit),
          target: { host: to, as: undefined },
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
        assert.deepEqual(await copy(path), { paths: 3, copied: 0, bytes: 0, fetched: 0, seconds: 0 });

        await machine.sh(`rm -r ${roots}; nix-store --delete ${path}`);
        const again = await copy(path);
        assert.deepEqual([again.paths, again.copied], [3, 1]);
      });

      it("protects the paths while they are on their way, the ones that were there too", async () => {
        const path = await build(`protected-${suite}`);
        const collecting = async (): Promise<void> => {
          await machine.trySh("nix-collect-garbage");
          await machine.sh(`nix-store --check-validity $(nix-store -qR ${path})`);
          await ensureRoots(target, undefined, roots, [path]);
        };
        assert.equal((await copy(path, { root: collecting })).copied, 3);
        await removeRoots(target, undefined, roots);
        assert.equal((await copy(path, { root: collecting })).copied, 0);
        // The control: without the open session nothing holds them.
        await removeRoots(target, undefined, roots);
        await machine.sh("nix-collect-garbage");
        assert.equal((await machine.trySh(`nix-store --check-validity ${path}`)).code, 1);
      });

      it("a source that fails is what is reported, not the target that it cut off", async () => {
        const path = await build(`source-${suite}`);
        const cutOff = `nix-store --serve --write | ${first(5000)}; echo no more >&2; exit 7`;
        await assert.rejects(
          copy(path, { source: new Replaced(controller, "--serve", cutOff) }),
          (error: Error) => {
            assert.ok(error instanceof RefusedError, String(error));
            assert.equal(error.host, target.name);
            assert.match(
              error.message,
              /^copying 3 paths on \S+ failed: this machine cannot be read\nreading \S+ on this machine failed: exit code 7: [^]*\nno more$/,
            );
            assert.equal(error.changed, undefined);
            return true;
          },
        );
      });

      it("a target that fails is what is reported, with what it was left with and the path it was at", async () => {
        const path = await build(`target-${suite}`);
        const relayed = `{ ${first(180_000)}; sleep 2; } | nix-store --serve --write; echo not today >&2; exit 9`;
        await assert.rejects(copy(path, { to: new Replaced(target, "--serve", relayed) }), (error: Error) => {
          assert.ok(error instanceof CommandError, String(error));
          assert.deepEqual([error.host, error.exitCode], [target.name, 9]);
          assert.match(
            error.message,
            /^copying 3 paths, at \S+-middle, on \S+ failed: exit code 9: nix-store --serve --write\n/,
          );
          assert.match(error.message, /not today\nthe machine was changed: 1 of the 3 paths arrived whole/);
          return true;
        });
      });

      it("what fails behind the last path is told with what arrived", async () => {
        const path = await build(`behind-${suite}`);
        const rootIn = (folder: string) => (): Promise<void> =>
          ensureRoots(target, undefined, folder, [path]);
        await assert.rejects(copy(path, { root: rootIn("/proc/nowhere") }), (error: Error) => {
          assert.ok(error instanceof CommandError, String(error));
          assert.match(error.message, /^protecting paths from collection on \S+ failed: exit code 1: /);
          assert.match(error.message, /\nthe machine was changed: 3 of the 3 paths arrived whole/);
          return true;
        });
        await machine.sh(`nix-store --delete $(nix-store -qR ${path})`);
        // What the first session brought is there behind the second one too.
        const lost = new InterruptedError({ doing: "rooting", host: target.name, happened: "lost" });
        const losing = [() => Promise.reject(lost), rootIn("/proc/nowhere")];
        await assert.rejects(
          copy(path, { root: () => losing.shift()?.() ?? Promise.resolve() }),
          /3 of the 3 paths arrived whole/,
        );
        await machine.sh(`nix-store --delete $(nix-store -qR ${path})`);
        const root = async (): Promise<void> => {
          await rootIn(roots)();
          await machine.sh("pkill -KILL -f '[n]ix-store --serve'");
        };
        await assert.rejects(copy(path, { root }), (error: Error) => {
          assert.ok(error instanceof CommandError, String(error));
          assert.match(error.message, /^holding off a collection that has begun on \S+ failed: killed by /);
          assert.match(error.changed ?? "", /^3 of the 3 paths arrived whole/);
          return true;
        });
      });

      it("a closure that cannot be listed is told, and no session stays open", async () => {
        const path = await build(`listing-${suite}`);
        const source = new Replaced(controller, "--serve", new Error("no list today"));
        await assert.rejects(copy(path, { source }), /no list today/);
        await ended("[n]ix-store --serve");
      });

      it("a machine that answers but whose Nix hangs is given up", async () => {
        const path = await build(`hung-${suite}`);
        const hung = [controller, target].map((host) => new Replaced(host, "--serve", "exec sleep 1000"));
        const [source, to] = hung as [Replaced, Replaced];
        for (const ends of [{ to }, { source }]) {
          await assert.rejects(copy(path, { ...ends, idleLimit: 1 }), (error: Error) => {
            assert.ok(error instanceof TimeoutError, String(error));
            assert.equal(error.host, ends.to?.name ?? controller.name);
            return true;
          });
        }
        for (const opened of hung.flatMap((host) => host.opened)) await opened.exited;
      });

      it("a machine whose Nix hangs in the middle is given up, and it is said what arrived", async () => {
        const path = await build(`stuck-${suite}`);
        const to = new Replaced(
          target,
          "--serve",
          `{ ${first(180_000)}; sleep 1000; } | nix-store --serve --write`,
        );
        // Longer than the bytes take that it reads one by one.
        await assert.rejects(copy(path, { to, idleLimit: 5 }), (error: Error) => {
          assert.ok(error instanceof TimeoutError, String(error));
          assert.match(error.changed ?? "", /^1 of the 3 paths arrived whole/);
          assert.doesNotMatch(error.message, /waiting for more/);
          return true;
        });
        for (const opened of to.opened) await opened.exited;
      });

      it("is not given up as long as something moves, however long it takes", async () => {
        const path = await build(`slow-${suite}`);
        const rests = `for i in 1 2 3 4; do ${first(60_000)}; sleep 0.9; done; cat`;
        const source = new Replaced(controller, "--serve", `nix-store "$@" | { ${rests}; }`);
        const to = new Replaced(target, "--serve", `{ ${rests}; } | nix-store "$@"`);
        const told: string[] = [];
        const onProgress = (text: string): unknown => told.push(text);
        for (const ends of [{ to }, { source }]) {
          await copy(path, { ...ends, onProgress, idleLimit: 3 });
          await machine.sh(`rm -r ${roots}; nix-store --delete $(nix-store -qR ${path})`);
        }
        assert.match(
          told.at(-1) ?? "",
          /^copying \d of 3 paths, 0\.[1-9] of 0\.3 MiB, 0\.\d MiB\/s, \d+ s left$/,
        );
      });

      it("leaves no process on the machine", async () => {
        await copy(await build(`processes-${suite}`));
        assert.equal((await machine.trySh("pgrep -f '[n]ix-store --serve'")).stdout, "");
      });

      it("leaves no channel open, however often it fails", async () => {
        const path = await build(`channels-${suite}`);
        const before = await machine.acceptedLogins();
        // More than a channel takes without a reader, and more often than sshd allows channels on a login.
        const to = new Replaced(target, "--serve", "head -c 8000000 /dev/zero; exit 1");
        for (let nth = 0; nth < 12; nth++) await assert.rejects(copy(path, { to }), RefusedError);
        assert.equal((await copy(path)).copied, 3);
        assert.equal(await machine.acceptedLogins(), before);
      });
    });
  }
});
