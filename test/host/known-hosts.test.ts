import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concerns, parseKnownHosts } from "../../provider/host/known-hosts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEfD7jDgF1mR6FQm4SxEqm0WvJWqFqzLpDTtu7mFDPUy";

function knows(patterns: string, host: string, port = 22): boolean {
  const [line] = parseKnownHosts(`${patterns} ${key}`, "test");
  assert.ok(line);
  return concerns(line, host, port);
}

describe("a line of known_hosts", () => {
  it("speaks of every name in its list, whatever their case", () => {
    assert.ok(knows("web1,web2.example.com,10.0.0.1", "Web2.example.com"));
    assert.ok(knows("WEB1", "web1"));
    assert.ok(knows("[Web1]:2222", "wEb1", 2222));
    for (const other of ["web", "web10", "aweb1"]) assert.ok(!knows("web1,web2", other), other);
  });

  it("speaks of a port other than 22 only when it names it", () => {
    assert.ok(knows("[web1]:2222", "web1", 2222));
    assert.ok(!knows("web1", "web1", 2222));
    assert.ok(!knows("[web1]:2222", "web1"));
  });

  it("may have wildcards, and dots are only dots", () => {
    assert.ok(knows("*.example.com", "web1.example.com"));
    assert.ok(knows("web?", "web1"));
    assert.ok(!knows("web?", "web10"));
    assert.ok(!knows("web?", "web"));
    assert.ok(!knows("web.1", "web-1"));
  });

  it("leaves out what it negates, wherever in the list that stands", () => {
    assert.ok(!knows("*.example.com,!web1.example.com", "web1.example.com"));
    assert.ok(knows("*.example.com,!web1.example.com", "web2.example.com"));
  });

  it("is recognised when ssh-keygen has hashed it, with and without a port", () => {
    const folder = mkdtempSync(join(tmpdir(), "known-hosts-"));
    try {
      const file = join(folder, "known_hosts");
      writeFileSync(file, `web1 ${key}\n[web2]:2222 ${key}\n`);
      execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
      const text = readFileSync(file, "utf8");
      assert.ok(!text.includes("web"));
      const lines = parseKnownHosts(text, file);
      const known = (host: string, port: number) => lines.filter((line) => concerns(line, host, port)).length;
      assert.deepEqual(
        [known("web1", 22), known("web2", 2222), known("web2", 22), known("web3", 22)],
        [1, 1, 0, 0],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("has a marker, or is left out when it holds no key", () => {
    const text = `# comment web1 ${key}\n\n@revoked web1 ${key}\nweb1 ssh-ed25519\n  web2 ${key} me@there\r\n`;
    assert.deepEqual(
      parseKnownHosts(text, "file").map(({ marker, where, patterns }) => [marker, where, patterns]),
      [
        ["@revoked", "file:3", "web1"],
        [undefined, "file:5", "web2"],
      ],
    );
  });
});
