import assert from "node:assert/strict";
import { poison } from "../../engine/previews/programs";
import { situations } from "../../engine/previews/situations";
import { recorded } from "./recorded";
import { rendered } from "./rendered";

const sign = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n-----END OPENSSH PRIVATE KEY-----";

describe("secrets in what the engine printed", function () {
  it("are in no recording of a stack that has some, and in no report of it", () => {
    for (const { name, update = false } of situations) {
      const text = recorded(name);
      const { markdown, html } = rendered(text, update ? "update" : "preview");
      const diff = update ? "" : recorded(name, "txt");
      for (const one of [text, diff, markdown, html])
        assert.doesNotMatch(one, new RegExp(`${poison}|PRIVATE KEY`), name);
      // What of a connection says how to log in is not in a report either.
      for (const one of [markdown, html]) assert.doesNotMatch(one, /AAAA-web1|privateKey|hostKey/, name);
    }
  });

  const places: [where: string, plant: (secret: unknown) => unknown][] = [
    ["a property that is shown", (secret) => preview({ path: secret })],
    ["part of one", (secret) => preview({ packages: { openssl: secret, zlib: "1" } })],
    ["all of a map", (secret) => preview({ packages: secret, units: secret })],
    ["a unit's text", (secret) => preview({ text: secret })],
    ["a machine's address", (secret) => preview({ connection: { host: secret } })],
    ["all of a connection", (secret) => preview({ connection: secret })],
    [
      "the rest of a connection",
      (secret) =>
        preview({ connection: { host: "web1", password: secret, proxy: { host: "h", password: secret } } }),
    ],
    ["a property that is not known to us", (secret) => preview({ somethingNew: secret, triggers: [secret] })],
    [
      "what is not ours",
      (secret) => ({
        steps: [{ ...step({ password: secret }), urn: "urn:pulumi:dev::p::random:index:Password::pw" }],
      }),
    ],
    ["the stack's configuration", (secret) => ({ ...preview({}), config: { "p:password": secret } })],
    [
      "the stack's outputs",
      (secret) => ({
        steps: [
          {
            op: "same",
            urn: "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev",
            newState: { outputs: { password: secret } },
          },
        ],
      }),
    ],
    [
      "a message, as text",
      (secret) => ({
        ...preview({}),
        diagnostics: [{ message: `it is ${JSON.stringify(secret)}`, severity: "error" }],
      }),
    ],
  ];
  const forms: [form: string, secret: unknown][] = [
    ["marked, with its plain text beside the mark", { ...sign, plaintext: JSON.stringify(poison) }],
    ["marked, with a value", { ...sign, value: poison }],
    ["marked, with a ciphertext", { ...sign, ciphertext: poison }],
    ["marked by another mark", { "4dabf18193072939515e22adb298388d": "new", value: { deep: [poison] } }],
  ];
  for (const [where, plant] of places) {
    for (const [form, secret] of forms) {
      it(`are not shown in ${where}, ${form}`, () => {
        const { markdown, html } = rendered(JSON.stringify(plant(secret)));
        assert.ok(!markdown.includes(poison), markdown);
        assert.ok(!html.includes(poison));
      });
    }
  }

  it("are not shown where only the name of a property that we do not know tells of them", () => {
    const { markdown, html } = rendered(
      JSON.stringify(
        preview({
          somethingNew: poison,
          healthChecks: [{ headers: { Authorization: poison } }],
          connection: { host: "web1", password: poison },
        }),
      ),
    );
    assert.match(markdown, /`somethingNew` differs/);
    for (const text of [markdown, html]) assert.ok(!text.includes(poison), text);
  });

  it("are not shown when they are private keys in the middle of a text", () => {
    const text = JSON.stringify({
      ...preview({ text: `[Service]\n${key}\nUser=x` }),
      diagnostics: [{ message: `bad key ${key}`, severity: "warning" }],
    });
    const { markdown, html } = rendered(text);
    for (const one of [markdown, html]) assert.doesNotMatch(one, /b3BlbnNzaC1r|PRIVATE KEY/);
    assert.match(markdown, /^\+ User=x$/m);
  });

  it("are found when they are there: what is shown is shown", () => {
    const { markdown, html } = rendered(JSON.stringify(preview({ path: poison })));
    for (const text of [markdown, html]) assert.ok(text.includes(poison));
  });
});

function preview(inputs: Record<string, unknown>): { steps: unknown[] } {
  return { steps: [step(inputs)] };
}

/** An update of a resource of ours, from what a property was to what it is. */
function step(inputs: Record<string, unknown>): object {
  const old = {
    connection: { host: "web1" },
    profile: "site",
    path: "/nix/store/x",
    text: "[Service]\n",
    packages: { openssl: "1" },
  };
  return {
    op: "update",
    urn: "urn:pulumi:dev::p::pulumi-nodejs:dynamic/nix:ProfileActivation::web1",
    oldState: { inputs: { ...old }, outputs: old },
    newState: { inputs: { ...old, ...inputs }, outputs: { ...old, ...inputs } },
  };
}
