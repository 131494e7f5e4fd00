import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeys } from "../../provider/nix/signing-keys";
import { run, sharedFleet, type Host } from "../fleet";
import { serveHealthOn } from "../deployment/web-on-host";
import { faultsNix, freshVersion } from "./faults";
import { inProject, inStore, onHost, ProcessWatch, type Finding } from "./poison";
import { Project } from "./project";

/** Every secret input, as plain values that only a file knows: neither the program nor its configuration names one. */
const program = `
import { readFileSync } from "node:fs";
const { v, script, secretsFile, target, jump, failing } = new pulumi.Config().requireObject<any>("values");
const secrets = JSON.parse(readFileSync(secretsFile, "utf8"));
const connection = { ...target, ...secrets.target, elevate: "sudo", proxy: { ...jump, ...secrets.jump } };
const key = new nix.SigningKey("key", { name: "poisoned-1" });
const path = new nix.NixBuild("activation", {
  file: "faults.nix", attr: "activation", args: { v, script },
  buildOn: connection, builders: [{ host: "builder.invalid", privateKey: secrets.builder, mandatoryFeatures: ["none"] }],
}).outPath;
const copy = new nix.ClosureCopy("copy", {
  connection, from: connection, path, signWith: [secrets.signing, key.secretKey],
});
const http = "http://localhost:8080/";
const checks = (resource: string, authorization: string) => [
  { http, headers: { authorization }, successes: 1 },
  {
    http, headers: { authorization }, successes: 1,
    body: failing === resource ? "it is not" : "it is", interval: 0.1, deadline: 3,
  },
];
const profile = new nix.ProfileActivation("profile", {
  connection, profile: "poisoned", path: copy.path, healthChecks: checks("profile", secrets.headers.profile),
});
new nix.SystemdUnit("unit", {
  connection, name: "poisoned.service", settle: 0.1,
  sections: { Service: { ExecStart: "/bin/sleep inf" } }, restartTriggers: [profile.path],
  healthChecks: checks("unit", secrets.headers.unit),
});
new nix.HostGarbageCollection("garbage", { connection, triggers: [profile.path] });
`;

/** The engine and the program's runtime log every value that they pass on, at this level: we cannot help it. */
const ofTheEngine =
  /^\{"time":"[^"]*","level":"INFO","msg":"(Unm|M)arshaling property for RPC\[|"msg":"(eventSink::Debug\(<\{%reset%\}>)?(RegisterResource RPC|Registering resource)/;

describe("secrets of connections, builders and health checks", function () {
  let hosts: Host[];
  let project: Project;
  let elsewhere: string;
  let secrets: {
    target: Record<string, string>;
    jump: Record<string, string>;
    builder: string;
    headers: Record<"profile" | "unit", string>;
    signing: string;
  };
  let endServer: () => Promise<unknown>;
  let needles: string[];
  let watch: ProcessWatch;
  let said = "";
  const since = "/run/before-the-poison";

  before(async function () {
    hosts = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
    elsewhere = mkdtempSync(join(tmpdir(), "poison-"));
    secrets = {
      target: { ...(await poison("target", elsewhere)), elevatePassword: `poison-sudo-${freshVersion()}` },
      jump: await poison("jump", elsewhere),
      builder: String((await poison("builder", elsewhere))["privateKey"]),
      headers: { profile: `poison-of-profile-${freshVersion()}`, unit: `poison-of-unit-${freshVersion()}` },
      signing: generateKeys("poison-1").secretKey,
    };
    const { target, jump, builder, headers, signing } = secrets;
    needles = [target, jump, headers, { builder, signing }]
      .flatMap((part) => Object.values(part))
      .map(tellTale);
    writeFileSync(join(elsewhere, "secrets.json"), JSON.stringify(secrets));
    writeFileSync(join(elsewhere, "needles"), needles.join("\n"));
    const [bookworm, trixie] = hosts as [Host, Host];
    for (const host of hosts) await host.sh(`touch ${since}`);
    endServer = await serveHealthOn(bookworm);
    await letIn(
      bookworm,
      secrets.target["elevatePassword"],
      readFileSync(join(elsewhere, "target.pub"), "utf8"),
    );
    // The jump host does not know the key: the password is sent as well.
    await letIn(trixie, secrets.jump["password"], undefined);
    project = await Project.create({ program, files: { "faults.nix": faultsNix }, hasPassphrase: true });
    watch = new ProcessWatch(needles);
    await runAll(bookworm, trixie);
  });
  after(async () => {
    watch.end();
    await endServer();
    await project.remove();
    rmSync(elsewhere, { recursive: true });
    await letIn(hosts[0] as Host, "hunter2-operator", undefined);
    await letIn(hosts[1] as Host, "hunter2-operator", undefined);
    await hosts[0]?.sh(
      "sed -i /poison/d /home/operator/.ssh/authorized_keys; rm -rf /nix/var/nix/profiles/poisoned*",
    );
  });

  async function runAll(target: Host, jump: Host): Promise<void> {
    const places = {
      target: { host: target.address, user: "operator", hostKey: target.hostKey },
      jump: { host: jump.address, user: "operator", hostKey: jump.hostKey },
    };
    const secretsFile = join(elsewhere, "secrets.json");
    const configure = (script: string, failing?: string): Promise<void> =>
      project.configure({ values: { v: freshVersion(), script, failing, secretsFile, ...places } });
    const log = (...args: string[]): Promise<string> => keep(0, ...args);
    await configure("true");
    await log("up", "--yes", "--logtostderr", "--logflow", "-v=9");
    await lookForKey();
    await configure("true # again");
    await log("up", "--yes", "--diff", "--skip-preview");
    await log("refresh", "--yes", "--diff", "--skip-preview");
    await configure("exit 4");
    await keep(255, "up", "--yes", "--diff", "--skip-preview");
    for (const [resource, header] of Object.entries(secrets.headers)) {
      await configure("true", resource);
      const told = await keep(255, "up", "--yes", "--diff", "--skip-preview");
      assert.match(told, /health check http:.* failed: status 200, but 'it is not' is not in the answer/);
      const asked = await target.sh("cat /run/health-asked; rm /run/health-asked");
      assert.ok(asked.includes(header), resource);
    }
    await log("stack", "export");
    await log("destroy", "--yes", "--skip-preview");
  }

  /** What was only made by that run. */
  async function lookForKey(): Promise<void> {
    const { deployment } = JSON.parse(await project.succeed("stack", "export", "--show-secrets")) as Exported;
    const key = deployment.resources.find(({ urn }) => urn.endsWith("SigningKey::key"));
    const plain = key?.outputs?.["secretKey"]?.plaintext ?? assert.fail("it is not encrypted");
    needles.push(tellTale(JSON.parse(plain) as string));
    writeFileSync(join(elsewhere, "needles"), needles.join("\n"));
  }

  async function keep(code: number, ...args: string[]): Promise<string> {
    const outcome = await project.pulumi(...args);
    const told = outcome.stdout + outcome.stderr;
    said += told;
    assert.equal(outcome.code === 0, code === 0, `${args.join(" ")}\n${outcome.stdout.slice(-3000)}`);
    return told;
  }

  async function search(): Promise<Finding[]> {
    return [
      ...(await inProject(project.folder, needles)),
      ...(await inStore(join(elsewhere, "secrets.json"), join(elsewhere, "needles"))),
      ...(await Promise.all(hosts.map((host) => onHost(host, since, needles)))).flat(),
    ];
  }

  it("were looked for in many processes", () => assert.ok(watch.looks > 20));

  it("are in no state, history, host's file, journal or store", async () => {
    assert.deepEqual(await search(), []);
  });

  it("are in no argument list or environment of a process", () => {
    assert.deepEqual(watch.end(), []);
  });

  it("are in nothing that the CLI said, with the log of everything", () => {
    const leaks = said.split("\n").filter((line) => needles.some((needle) => line.includes(needle)));
    assert.ok(
      leaks.some((line) => ofTheEngine.test(line)),
      "the log is not one of everything",
    );
    const lines = leaks.filter((line) => !ofTheEngine.test(line));
    assert.deepEqual(
      lines.map((line) => line.slice(0, 300)),
      [],
    );
  });

  it("would be found in each of those places", async () => {
    const [bookworm] = hosts as [Host];
    const needle = needles[0] ?? "";
    const control = new ProcessWatch(needles);
    const child = spawn("sleep", ["600"], { env: { ...process.env, CONTROL: needle }, stdio: "ignore" });
    const onIt = bookworm.trySh(`cat >/dev/null; exec sleep 0.5 # ${needle}`);
    writeFileSync(join(project.folder, "state", "planted"), needle);
    writeFileSync(join(elsewhere, "planted"), needle);
    const added = (await run(["nix-store", "--add", join(elsewhere, "planted")])).stdout.trim();
    await bookworm.sh("cat >/tmp/planted; logger </tmp/planted", { input: needle });
    await onIt;
    try {
      const kinds = new Set([...(await search()), ...control.end()].map(({ kind }) => kind));
      assert.deepEqual([...kinds].sort(), ["host file", "host journal", "process", "project", "store"]);
    } finally {
      child.kill();
      await run(["nix-store", "--delete", added]);
      await bookworm.sh("rm /tmp/planted");
    }
  });
});

interface Exported {
  deployment: { resources: { urn: string; outputs?: Record<string, { plaintext?: string }> }[] };
}

/** A value for every secret input of an endpoint; the public half of the key stays in the folder. */
async function poison(name: string, folder: string): Promise<Record<string, string>> {
  const secret = (what: string): string => `poison-${name}-${what}-${freshVersion()}`;
  const privateKeyPassword = secret("key-password");
  const file = join(folder, name);
  await run([
    "ssh-keygen",
    "-q",
    "-t",
    "ed25519",
    "-N",
    privateKeyPassword,
    "-C",
    "operator-poison",
    "-f",
    file,
  ]);
  const values = { password: secret("password"), privateKey: readFileSync(file, "utf8"), privateKeyPassword };
  rmSync(file);
  return values;
}

/** What a secret is known by: of a key a line of its body, or what its seed gives, which is the same however it is quoted. */
function tellTale(secret: string): string {
  const [, seed] = /^[^\s:]+:([0-9A-Za-z+/]{40})[0-9A-Za-z+/]{46}==$/.exec(secret) ?? [];
  if (seed !== undefined) return seed;
  return secret.includes("PRIVATE KEY") ? (secret.split("\n")[2] ?? "") : secret;
}

async function letIn(host: Host, password: string | undefined, publicKey: string | undefined): Promise<void> {
  await host.sh("chpasswd", { input: `operator:${password}\n` });
  if (publicKey !== undefined)
    await host.sh("cat >>/home/operator/.ssh/authorized_keys", { input: publicKey });
}
