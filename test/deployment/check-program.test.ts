import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { healthCheckSchema } from "../../provider/deployment/checks";
import { checkArguments, checkSecrets } from "../../provider/deployment/checks-there";
import { trialServer, type TrialServer } from "./trial-server";

const folder = join(__dirname, "../../provider/deployment");
const text = ["deployment.sh", "check.sh", "check-http.sh", "check-unit.sh"]
  .map((file) => readFileSync(join(folder, file), "utf8"))
  .join("\n");
/** What the programs need, without what asks for http. */
const tools = "cat cp cut env flock grep head id mv printf rm sed sleep tail timeout tr true false wc".split(
  " ",
);

interface Ended {
  readonly code: number;
  readonly said: string;
  readonly log: string;
}

for (const shell of ["dash", "bash"]) {
  describe(`the health checks' program in ${shell}`, () => {
    let place: string;
    let server: TrialServer;
    let url: string;

    before(async () => {
      place = mkdtempSync(join(tmpdir(), "checks-"));
      server = await trialServer();
      url = `http://127.0.0.1:${server.port}`;
    });
    after(() => {
      server.close();
      rmSync(place, { recursive: true });
    });

    const run = (check: object | object[], having = ["bash", "curl"]): Promise<Ended> => {
      const checks = [check].flat().map((each) => healthCheckSchema.parse(each));
      const [here, path] = [mkdtempSync(join(place, "run-")), mkdtempSync(join(place, "path-"))];
      for (const tool of [...tools, ...having]) symlinkSync(`/usr/bin/${tool}`, join(path, tool));
      mkdirSync(join(here, "checks"));
      checkArguments(checks).forEach((argument, at) =>
        writeFileSync(join(here, "checks", String(at + 1)), argument),
      );
      writeFileSync(join(here, "checks/secrets"), checkSecrets(checks));
      const program = join(here, "program");
      writeFileSync(program, `set -u; folder=$1\n${text}\nrun_checks && exit; printf %s "$failure"; exit 1`);
      return new Promise((resolve) =>
        execFile(
          `/bin/${shell}`,
          [program, here],
          { env: { PATH: path, http_proxy: "http://127.0.0.1:1" } },
          (error, out, err) => {
            const log = readFileSync(join(here, "log"), "utf8");
            resolve({ code: error === null ? 0 : Number(error.code), said: out + err, log });
          },
        ),
      );
    };
    const fails = async (check: object, reason: RegExp, having?: string[]): Promise<Ended> => {
      const ended = await run(check, having);
      assert.match(ended.said, reason);
      assert.equal(ended.code, 1);
      return ended;
    };
    const succeeds = async (check: object | object[], having?: string[]): Promise<Ended> => {
      const ended = await run(check, having);
      assert.deepEqual([ended.code, ended.said], [0, ""]);
      return ended;
    };
    const once = { interval: 0.02, successes: 1, retries: 0 };

    it("runs a command with its arguments as they are", async () => {
      const strange = 'it\'s "$HOME" \\ * \n two\n';
      await succeeds({
        command: [
          "env",
          "-i",
          "/bin/sh",
          "-c",
          `test "$0" = "$1" && test \${#1} = ${strange.length}`,
          strange,
          strange,
        ],
        ...once,
      });
      await succeeds({
        command: ["env", "-i", "/bin/sh", "-c", 'test -z "$1" && test $# = 2', "", "", ""],
        ...once,
      });
    });

    it("tells what a command said last, and how often it was tried", async () => {
      const { log } = await fails(
        { command: ["/bin/sh", "-c", "echo one; echo two >&2; exit 3"], interval: 0.02, deadline: 1 },
        /^health check "\/bin\/sh .*" failed: exit code 3: one two \(tries: \d+, in [1-9]\.\d\d s\)$/,
      );
      assert.match(log, /^checking "\/bin\/sh .*"\n.*: exit code 3: one two/);
      assert.match(log, /\none\ntwo\n$/);
      assert.equal(log.match(/exit code 3/g)?.length, 1);
    });

    it("says that a command is not there", async () => {
      await fails({ command: ["not-there"], ...once }, /exit code 127: .*not-there/);
    });

    it("ends a command that hangs, also one that does not want to end", async () => {
      await fails(
        { command: ["sleep", "1003"], timeout: 0.2, ...once },
        /failed: no end within 0\.20 s, and was ended/,
      );
      await fails(
        { command: ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"], timeout: 0.2, ...once },
        /failed: no end within 0\.20 s, and was ended/,
      );
    });

    it("takes an exit code that timeout(1) uses for what it is", async () => {
      await fails({ command: ["/bin/sh", "-c", "exit 124"], ...once }, /failed: exit code 124/);
    });

    it("ends with the deadline, in the middle of a try, with what it saw before", async () => {
      const script = `[ -e ${place}/seen ] && exec sleep 1004; : >${place}/seen; echo busy; exit 1`;
      const check = { command: ["/bin/sh", "-c", script], interval: 0.02, deadline: 1.5, timeout: 5 };
      await fails(check, /exit code 1: busy \(tries: 2, in (1\.[5-9]|[2-4]\.)/);
      rmSync(join(place, "seen"));
    });

    it("goes on trying until it succeeds as often in a row as it takes", async () => {
      const script = `echo >>${place}/tries; n=$(grep -c '' ${place}/tries); [ "$n" = 3 ] || [ "$n" -ge 5 ]`;
      await succeeds({ command: ["/bin/sh", "-c", script], interval: 0.02, deadline: 20 });
      assert.equal(readFileSync(join(place, "tries"), "utf8").length, 6);
      rmSync(join(place, "tries"));
    });

    it("does not let a check through that fails every second time", async () => {
      const script = `echo >>${place}/flaps; n=$(grep -c '' ${place}/flaps); echo "try $n"; [ $((n % 2)) = 0 ]`;
      const check = { command: ["/bin/sh", "-c", script], interval: 0.02, deadline: 2 };
      await fails(check, /exit code 1: try \d*[13579] \(\d+ of \d+ tries succeeded; it takes 2 in a row\)$/);
      rmSync(join(place, "flaps"));
    });

    it("ends when more tries have failed than may, whatever came between", async () => {
      const script = `echo >>${place}/some; n=$(grep -c '' ${place}/some); [ $((n % 2)) = 0 ]`;
      await fails(
        { command: ["/bin/sh", "-c", script], interval: 0.02, retries: 2 },
        /2 of 5 tries succeeded/,
      );
      rmSync(join(place, "some"));
    });

    it("runs one check after the other, until one fails", async () => {
      const [good, bad] = [
        { command: ["true"], ...once },
        { command: ["false"], ...once },
      ];
      const { log } = await run([good, { ...good, successes: 2 }, bad, good]);
      assert.match(log, /^checking "true"\nchecking "true"\nchecking "false"\n"false": exit code 1\n$/);
    });

    it("connects, or tells why not", async () => {
      await succeeds({ tcp: { port: server.port, host: "127.0.0.1" }, ...once }, ["bash"]);
      await fails({ tcp: { port: 1, host: "127.0.0.1" }, ...once }, /tcp 127\.0\.0\.1:1 failed: .*refused/, [
        "bash",
      ]);
      await fails({ tcp: { port: 1 } }, /there is neither bash nor nc to connect with/, []);
    });

    for (const client of ["curl", "wget", "bash"]) {
      describe(`asking for http with ${client}`, () => {
        const asks = (check: object): Promise<Ended> => succeeds({ ...once, ...check }, [client]);
        const refuses = (check: object, reason: RegExp): Promise<Ended> =>
          fails({ ...once, ...check }, reason, [client]);

        it("takes 200 to 299, or what was asked for", async () => {
          await asks({ http: `${url}/status/204` });
          await asks({ http: `${url}/status/503`, status: [500, 503] });
          await refuses({ http: `${url}/status/503` }, /status 503 instead of 200-299: the answer is 503 \(/);
          await refuses({ http: `${url}/status/200`, status: 201 }, /status 200 instead of 201: the answer/);
          await refuses({ http: `${url}/status/302` }, /status 302 instead of 200-299/);
        });

        it("looks for a text in the answer, as it is", async () => {
          await asks({ http: `${url}/status/200?a=b&c[1]={x,y}`, body: "answer is 200" });
          await refuses(
            { http: `${url}/status/200`, body: "a.swer" },
            /status 200, but 'a\.swer' is not in the answer: the answer/,
          );
          await asks({ http: `${url}/say/--it%20is%20%22good%22`, body: '--it is "good"' });
        });

        it("ends with what hangs, and with what never stops", async () => {
          await refuses({ http: `${url}/hang`, timeout: 0.3 }, /no end within 0\.30 s/);
          await asks({ http: `${url}/endless`, timeout: 8 });
        });

        it("tells that nothing answers, or not in http, or not to the end", async () => {
          await refuses({ http: "http://127.0.0.1:1/" }, /failed: no answer: .*(refused|connect)/i);
          await refuses({ http: `${url}/close` }, /failed: no answer/);
          if (client !== "bash")
            await refuses({ http: `${url}/cut` }, /status 200, but the answer did not come whole/);
        });

        it("sends headers that no list of processes shows, and shows no answer then", async () => {
          const headers = { Authorization: `Bearer s3cret "quoted" \\ 'x' # $HOME`, Host: "web.example" };
          await asks({ http: `${url}/headers`, headers, body: JSON.stringify(headers.Authorization) });
          await asks({ http: `${url}/headers`, headers, body: '"host":"web.example"' });
          const { said, log } = await refuses(
            { http: `${url}/headers`, headers, body: "nothing" },
            /is not in the answer \(/,
          );
          assert.doesNotMatch(said + log, /s3cret/);
          const asked = server.commandLines.filter((line) => line.includes(url));
          assert.ok(asked.length > 0);
          assert.doesNotMatch(asked.join("\n"), /s3cret/);
        });
      });
    }

    it("says when nothing there can ask", async () => {
      await fails({ http: `${url}/status/200` }, /nothing there can ask for it.*from: "controller"/, []);
      await fails({ http: "https://127.0.0.1:1/" }, /nothing there can ask for it/, ["bash"]);
    });

    it("takes a certificate that cannot be verified for a failure", async () => {
      const address = `https://127.0.0.1:${server.tlsPort}/status/200`;
      await fails({ http: address, ...once }, /no answer: curl: \(60\) SSL certificate problem/, ["curl"]);
      await fails({ http: address, ...once }, /no answer: .*certificate/i, ["wget"]);
    });
  });
}
