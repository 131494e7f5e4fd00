import assert from "node:assert/strict";
import { diagnostics, saidOf } from "./diagnostics";
import { faultsNix } from "./faults";
import { Project } from "./project";

/** What the engine puts in front of each problem that a resource has with its inputs. */
const problem = /^error: \S+ resource '\S+' has a problem: /;

describe("bad input is told by a preview, under the names that the user wrote", function () {
  let project: Project;

  before(async () => {
    project = await Project.create({
      program: "",
      files: { "faults.nix": faultsNix, "bad.nix": "{\n  web = derivation {\n    name = ;\n  };\n}\n" },
    });
  });
  after(() => project.remove());

  async function problems(program: string): Promise<string[]> {
    project.program(program);
    const said = diagnostics(await project.pulumi("preview"));
    const lines = saidOf(said, "it").split("\n");
    for (const line of lines) assert.match(line, problem);
    return lines.map((line) => line.replace(problem, ""));
  }

  it("an attribute that does not exist, with those that do, and every other problem of the build", async () => {
    const found = await problems(
      `new nix.NixBuild("it", { file: "faults.nix", attr: "smal", args: { v: "1" }, keepBuilds: 0, sytem: "x" } as never);`,
    );
    assert.deepEqual(found, [
      "attr: attribute 'smal' not found at the top; there are: activation, big, broken, small",
      "sytem: there is no such input; there are: flake, file, attr, expr, args, system, nixOptions, extraArgs, keepBuilds, buildOnPreview, buildOn, fetch, builders, drvPath, outPath, outputs, packages, closureSize",
      "keepBuilds: must be at least 1",
    ]);
  });

  it("what goes with building elsewhere only, and builders that are none", async () => {
    const source = `file: "faults.nix", attr: "small", args: { v: "1" }`;
    const builders = `[{ host: "a b", privateKey: 3, hostKey: "SHA256:x" }]`;
    const wrong = `new nix.NixBuild("it", { ${source}, fetch: true, buildOnPreview: true, builders: ${builders} } as never);`;
    assert.deepEqual(await problems(wrong), [
      "builders.0.host: must be one word without ; or ,",
      "builders.0.privateKey: is not of the right form",
      'builders.0.hostKey: must be a public key: "ssh-ed25519 AAAA…"',
      "fetch: goes with `buildOn`; what is built on this machine is here",
    ]);
    assert.deepEqual(
      await problems(
        `new nix.NixBuild("it", { ${source}, buildOnPreview: true, buildOn: { hosst: "x" } } as never);`,
      ),
      [
        "buildOn.host: is required",
        "buildOn.hosst: there is no such input",
        "buildOnPreview: builds on this machine, so not with `buildOn`",
      ],
    );
  });

  it("a syntax error in the Nix file: Nix's own words with file and line", async () => {
    const found = await problems(`new nix.NixBuild("it", { file: "bad.nix", attr: "web" });`);
    assert.deepEqual(found, [`file: syntax error, unexpected ';' (${project.folder}/bad.nix:3)`]);
  });

  it("two sources, and none", async () => {
    assert.deepEqual(await problems(`new nix.NixBuild("it", { file: "faults.nix", expr: "1" });`), [
      "file: exactly one of flake, file, expr and drvPath: file and expr were given",
    ]);
    assert.deepEqual(await problems(`new nix.NixBuild("it", {});`), [
      "flake: exactly one of flake, file, expr and drvPath: none was given",
    ]);
  });

  it("an argument that no function takes, with those that are taken", async () => {
    const found = await problems(
      `new nix.NixBuild("it", { file: "faults.nix", attr: "small", args: { v: "1", scirpt: "x" } });`,
    );
    assert.deepEqual(found, [
      "args: no function takes an argument 'scirpt'; there are: megabytes, script, v",
    ]);
  });

  it("a secret in a derivation or in a unit", async () => {
    const secret = `pulumi.secret("poison-in-the-store")`;
    const [inBuild, ...others] = await problems(
      `new nix.NixBuild("it", { file: "faults.nix", attr: "small", args: { v: ${secret} } });`,
    );
    assert.deepEqual(others, []);
    assert.match(String(inBuild), /^args: holds a secret, which a derivation would lay open to everyone/);
    const [inUnit] = await problems(`new nix.SystemdUnit("it", {
      connection: { local: true }, name: "it.service", sections: { Service: { ExecStart: ${secret} } },
    });`);
    assert.match(
      String(inUnit),
      /^sections: holds a secret.* name that with EnvironmentFile or LoadCredential$/,
    );
  });

  it("a secret in a health check where it would be seen", async () => {
    const found = await problems(`
      const secret = pulumi.secret("seen-by-everyone");
      const healthChecks = [
        { command: ["test", secret] },
        { http: pulumi.interpolate\`http://localhost/?key=\${secret}\`, headers: { key: secret } },
        { http: "http://localhost/", headers: { key: secret }, body: pulumi.output("not secret") },
        { tcp: { port: 80, host: secret } },
        secret.apply((text) => ({ command: [text] })),
      ];
      const connection = { local: true } as const;
      const path = "/nix/store/00000000000000000000000000000000-it";
      new nix.ProfileActivation("it", { connection, profile: "it", path, healthChecks });`);
    const reason = /: holds a secret, which everyone on the machine and messages would show; /;
    assert.deepEqual(
      found.map((text) => text.split(reason)[0]),
      ["command", "http", "tcp", ""].map((name, at) =>
        `healthChecks.${[0, 1, 3, 4][at] ?? 0}.${name}`.replace(/\.$/, ""),
      ),
    );
    const [inAll] = await problems(`new nix.SystemdUnit("it", {
      connection: { local: true }, name: "it.service", sections: { Service: { ExecStart: "/bin/true" } },
      healthChecks: pulumi.secret([{ command: ["true"] }]),
    });`);
    assert.match(String(inAll), /^healthChecks: holds a secret, /);
  });

  it("a malformed connection and malformed store paths, all of it at once", async () => {
    const found = await problems(`new nix.ClosureCopy("it", {
      connection: {
        port: 99999, privatekey: "x", elevate: "su", privateKey: 3, proxy: { host: "", user: 3 },
      },
      path: "/nix/store/abc-def",
      paths: ["x"],
    } as never);`);
    assert.deepEqual(found.sort(), [
      'connection.elevate: must be "none" or "sudo" or "doas"',
      "connection.host: is required",
      "connection.port: must be at most 65535",
      "connection.privateKey: is not of the right form",
      "connection.privatekey: there is no such input",
      "connection.proxy.host: must not be empty",
      "connection.proxy.user: must be a text",
      "path: must be a store path: /nix/store/<32 characters>-<name>",
      "paths.0: must be a store path: /nix/store/<32 characters>-<name>",
    ]);
  });

  it("a bad profile name and a bad unit name, with what else is wrong there", async () => {
    const profile = await problems(`new nix.ProfileActivation("it", {
      connection: { local: true }, profile: "../web", path: "web", kind: "nixxos", action: "boot",
    } as never);`);
    assert.deepEqual(profile, [
      "profile: must be a name (letters, digits, + . _ -, not beginning with a dot or dash) or an absolute path",
      "path: must be a store path: /nix/store/<32 characters>-<name>",
      'kind: must be "nixos" or "home-manager" or "custom" or "noop"',
      "action: 'boot' is for kind \"nixos\" only",
    ]);
    const unit = await problems(`new nix.SystemdUnit("it", {
      connection: { local: true }, name: "web", source: "/nix/store/x", sections: { Service: { ExecStart: 3 } }, user: "alice",
    } as never);`);
    assert.deepEqual(unit, [
      "name: 'web' does not end in one of .service, .socket, .timer, .path, .target, .mount",
      "source: must be a store path or lie in one: /nix/store/<32 characters>-<name>/…",
      "sections: give `source` or `sections`, not both",
      'user: whose units only makes sense with scope: "user"',
    ]);
  });
});
