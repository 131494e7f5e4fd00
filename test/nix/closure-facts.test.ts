import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TimeoutError } from "../../provider/errors";
import { connectionSchema } from "../../provider/connection";
import { Hosts } from "../../provider/host/pool";
import type { Host } from "../../provider/host/host";
import { closureFacts, type ClosureFacts, type ClosureRequest } from "../../provider/nix/closure-facts";
import { readDerivation } from "../../provider/nix/derivation";
import type { StorePath } from "../../provider/values";
import { environment, run, setEnvironment } from "../fleet";
import { output } from "../fleet/script";
import { builtAfter, payload, silentServer, type Library } from "./closure-payload";

describe("what is known of closures", () => {
  let folder: string;
  let hosts: Hosts;
  let controller: Host;
  let restoreEnvironment: () => void;
  let made = 0;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-closures-"));
    restoreEnvironment = setEnvironment(environment());
    hosts = new Hosts();
    controller = await hosts.get(connectionSchema.parse({ local: true }));
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
    rmSync(folder, { recursive: true });
  });

  const nix = async (...command: string[]): Promise<string> =>
    output(
      command.join(" "),
      await run(["env", `NIX_CONFIG=${environment()["NIX_CONFIG"] ?? ""}`, ...command]),
    );

  const request = async (
    more: Partial<ClosureRequest> & { library?: Library } = {},
  ): Promise<ClosureRequest> => {
    const { library = {}, ...wanted } = more;
    made += 1;
    const text = payload(`p${process.pid}x${made}`, library);
    const drvPath = (await nix("nix-instantiate", "-E", text)).split("\n").at(-1) as StorePath;
    const { outputs } = readDerivation(drvPath);
    return {
      drvPath,
      outPath: outputs["out"] as StorePath,
      outputs: Object.values(outputs),
      arguments: [],
      build: false,
      ...wanted,
    };
  };
  const look = async (requests: ClosureRequest[], isPreview = true): Promise<ClosureFacts[]> =>
    closureFacts(controller, requests, { isPreview });
  const names = (facts: ClosureFacts | undefined): string[] =>
    Object.keys(facts?.contents?.packages ?? {}).map((name) => name.replace(/-.*/, ""));
  const running = async <T>(change: (run: Host["run"]) => Host["run"], act: () => Promise<T>): Promise<T> => {
    const whole = controller;
    controller = {
      ...whole,
      name: whole.name,
      run: change((argv, options) => whole.run(argv, options)),
      open: (argv, options) => whole.open(argv, options),
    };
    try {
      return await act();
    } finally {
      controller = whole;
    }
  };
  const counted = async <T>(act: () => Promise<T>): Promise<[T, string[]]> => {
    const ran: string[] = [];
    const change =
      (run: Host["run"]): Host["run"] =>
      (argv, options) => (ran.push(argv.join(" ")), run(argv, options));
    return [await running(change, act), ran];
  };

  it("are the packages and bytes of all that is in the store, found out by one process", async () => {
    const requests = [await request(), await request()];
    for (const { drvPath } of requests) await nix("nix-store", "--realise", drvPath);
    const [facts, ran] = await counted(() => look(requests));
    assert.equal(ran.length, 1, ran.join("\n"));
    for (const one of facts) {
      assert.deepEqual(names(one), ["lib", "web"]);
      assert.deepEqual(Object.values(one.contents?.packages ?? {}), ["1.10", "2.0"]);
      assert.ok((one.contents?.closureSize ?? 0) > 200);
    }
  });

  it("say of what is not there how much would have to be built, and for whom", async () => {
    const [there, one, two] = [await request(), await request(), await request()];
    await nix("nix-store", "--realise", there.drvPath);
    const facts = await look([there, one, two]);
    assert.deepEqual(names(facts[0]), ["lib", "web"]);
    assert.deepEqual(facts[0]?.messages, []);
    for (const [index, { outPath }] of [one, two].entries()) {
      const salt = /p\d+x\d+/.exec(outPath)?.[0] ?? "";
      assert.deepEqual(facts[index + 1], {
        messages: [
          {
            severity: "info",
            text: `would build 2 derivations: web-${salt}-2.0, lib-${salt}-1.10`,
            ofChange: true,
          },
        ],
      });
    }
  });

  it("ask for nothing that an update is about to build", async () => {
    const [facts, ran] = await counted(async () => look([await request()], false));
    assert.deepEqual(ran, []);
    assert.deepEqual(facts, [{ messages: [] }]);
  });

  /** Moves the closure from the store into a binary cache, whose URL it gives. */
  const moved = async (wanted: ClosureRequest, cache = "cache"): Promise<string> => {
    const url = `file://${folder}/${cache}`;
    const copy = ["nix", "--extra-experimental-features", "nix-command", "copy", "--to", url];
    await nix("nix-store", "--realise", wanted.drvPath);
    await nix(...copy, wanted.outPath);
    const closure = (await nix("nix-store", "--query", "--requisites", wanted.outPath)).split("\n");
    await nix("nix-store", "--delete", ...closure);
    return url;
  };
  const from = (...urls: string[]): string[] => [
    ...["--option", "substituters", urls.join(" ")],
    ...["--option", "require-sigs", "false"],
  ];

  it("are known of what only a substituter has, without fetching it", async () => {
    const wanted = await request();
    const facts = await look([{ ...wanted, arguments: from(await moved(wanted)) }]);
    assert.deepEqual(names(facts[0]), ["lib", "web"]);
    assert.notEqual((await run(["test", "-e", wanted.outPath])).code, 0);
    assert.match(JSON.stringify(await look([wanted])), /would build 2 derivations/);
  });

  it("are known of what a substituter has whatever the arguments for building are", async () => {
    const wanted = await request();
    const url = await moved(wanted);
    for (const more of [from(url), ["--substituters", url, "--no-require-sigs"]]) {
      const facts = await look([{ ...wanted, arguments: ["-k", ...more] }]);
      assert.deepEqual(names(facts[0]), ["lib", "web"], JSON.stringify(facts));
    }
  });

  /** What is asked of other stores while acting, and how many of these questions there are at a time. */
  const asked = async (act: () => Promise<unknown>): Promise<{ lines: string[]; most: number }> => {
    const lines: string[] = [];
    let [now, most] = [0, 0];
    const change =
      (ran: Host["run"]): Host["run"] =>
      async (argv, options) => {
        if (!argv.includes("--store")) return ran(argv, options);
        lines.push(argv.join(" "));
        most = Math.max(most, (now += 1));
        return ran(argv, options).finally(() => (now -= 1));
      };
    await running(change, act);
    return { lines, most };
  };

  it("are asked of one substituter after another, with one process at a time", async () => {
    const requests = [await request(), await request(), await request()];
    const urls: string[] = [];
    for (const [index, one] of requests.entries()) urls.push(await moved(one, `cache${index % 2}`));
    let facts: ClosureFacts[] = [];
    const { most } = await asked(async () => {
      facts = await look(requests.map((one) => ({ ...one, arguments: from(...new Set(urls)) })));
    });
    for (const one of facts) assert.deepEqual(names(one), ["lib", "web"]);
    assert.equal(most, 1);
  });

  it("are asked once of a substituter that says nothing in time", async () => {
    const requests = [await request(), await request()];
    const urls = [await moved(requests[0] as ClosureRequest), await moved(requests[1] as ClosureRequest)];
    const late =
      (ran: Host["run"]): Host["run"] =>
      (argv, options) =>
        argv.includes("--store")
          ? Promise.reject(new TimeoutError({ doing: options.doing, host: controller.name, waited: 1 }))
          : ran(argv, options);
    const ask = () => look(requests.map((one) => ({ ...one, arguments: from(String(urls[0])) })));
    const { lines } = await running(late, () => asked(ask));
    assert.equal(lines.length, 1, lines.join("\n"));
  });

  it("are not asked of a substituter whose URL holds a password, which everybody could read", async () => {
    const wanted = await request();
    const url = await moved(wanted);
    const secret = url.replace("file://", "file://user:word@");
    const { lines } = await asked(() => look([{ ...wanted, arguments: from(secret, url) }]));
    assert.deepEqual(
      lines.filter((line) => line.includes("word")),
      [],
    );
  });

  it("say what would be built when it cannot be asked what the substituters have", async () => {
    const [there, missing] = [await request(), await request()];
    const args = { arguments: from(await moved(there)) };
    const silent =
      (ran: Host["run"]): Host["run"] =>
      (argv, options) =>
        ran(argv.includes("show-config") ? ["false"] : argv, options);
    const facts = await running(silent, () =>
      look([
        { ...there, ...args },
        { ...missing, ...args },
      ]),
    );
    assert.match(
      String(facts[0]?.messages[0]?.text),
      /^what a substituter has of it is not known: asking Nix/,
    );
    assert.match(String(facts[1]?.messages[0]?.text), /^would build 2 derivations/);
  });

  it("come from building, all in one process, in which a failure is told of those that need it only", async () => {
    const requests = [
      await request({ build: true }),
      await request({ build: true, library: { script: "exit 3" } }),
      await request({ build: true }),
    ];
    const [facts, ran] = await counted(() => look(requests));
    assert.equal(ran.filter((line) => line.includes("nix-store --realise")).length, 1, ran.join("\n"));
    assert.deepEqual(names(facts[0]), ["lib", "web"]);
    assert.deepEqual(names(facts[2]), ["lib", "web"]);
    assert.equal(facts[1]?.contents, undefined);
    const salt = /p\d+x\d+/.exec(String(requests[1]?.outPath))?.[0] ?? "";
    assert.match(String(facts[1]?.failure), new RegExp(`lib-${salt}-1.10.drv' failed.*exit code 3`));
    assert.match(String(facts[1]?.failure), new RegExp(`the reason ${salt}`));
    assert.doesNotMatch(String(facts[1]?.failure), new RegExp(`x${made}\\b|dependencies of`));
  });

  it("are found whatever way of logging the arguments ask for", async () => {
    const common = { build: true, arguments: ["--log-format", "bar-with-logs"] };
    const failing = await request({ ...common, library: { script: "exit 3" } });
    const facts = await look([failing, await request(common)]);
    assert.match(String(facts[0]?.failure), /^builder for .*exit code 3/);
    assert.equal(facts[1]?.failure, undefined);
  });

  it("say why something failed also where Nix names what looks like another derivation", async () => {
    const library = { more: 'outputs = [ "out" "a.drv" ];' };
    const [facts] = await look([await request({ build: true, library })]);
    assert.match(String(facts?.failure), /lib-p\d+x\d+-1.10.drv' failed to produce output path.*a\.drv/);
  });

  it("say of what was not built when Nix died that it died, of nothing else", async () => {
    const told = join(folder, "told");
    const common = { build: true, arguments: ["--max-jobs", "2", "--option", "sandbox", "false"] };
    const built = await request(common);
    const failing = await request({
      ...common,
      library: { more: builtAfter(built.drvPath), script: "exit 3" },
    });
    const script = `until [ -e ${told} ]; do /bin/sleep 0.1; done; kill -9 $PPID`;
    const deadly = await request({ ...common, library: { script } });
    const telling =
      (run: Host["run"]): Host["run"] =>
      (argv, options) => {
        const onLine = (line: string): void => {
          options.onLine?.(line);
          if (/failed with exit code/.test(line)) writeFileSync(told, "");
        };
        return run(argv, { ...options, onLine });
      };
    const facts = await running(telling, () => look([built, failing, deadly]));
    assert.deepEqual(names(facts[0]), ["lib", "web"]);
    assert.equal(facts[0]?.failure, undefined);
    assert.match(String(facts[1]?.failure), /exit code 3/);
    assert.match(String(facts[2]?.failure), /^building 3 derivations .* SIGKILL[^\n]*$/);
  });

  it("are not known when the substituters say nothing in time", async () => {
    const { server, url } = await silentServer();
    const wanted = await request({ arguments: ["--option", "substituters", url] });
    const facts = await closureFacts(controller, [wanted], { isPreview: true, limit: 1 });
    server.close();
    assert.equal(facts[0]?.contents, undefined);
    assert.match(
      String(facts[0]?.messages[0]?.text),
      /what would have to be built is not known: .* after 1 s/,
    );
  });
});
