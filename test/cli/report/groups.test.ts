import assert from "node:assert/strict";
import { previewOf, profileOn, step, storePath, urnOf } from "./made";
import { rendered, reportOfPreview } from "./rendered";

const notRead = "not read, its state is kept as it was: ";

function labels(text: string): string[][] {
  return reportOfPreview(text).groups.map(({ hosts }) => hosts.map(({ label }) => label));
}

describe("hosts of which a reviewer would read the same", function () {
  const unreached = (reasons: Record<string, string>): string =>
    previewOf(
      Object.keys(reasons).map((host) => step("same", host, profileOn(host, "/x"), profileOn(host, "/x"))),
      Object.entries(reasons).map(([host, reason]) => ({
        urn: urnOf(host),
        severity: "warning",
        message: notRead + reason,
      })),
    );

  it("were not reached for the same reason", () => {
    const refused = (host: string, dials: number): string =>
      `opening the SSH connection on ${host} failed: connect ECONNREFUSED ${host}:22 (${dials} dials)`;
    const text = unreached({
      web1: refused("web1", 9),
      web2: "opening the SSH connection on web2 failed: the host key is not the one that was given",
      web3: refused("web3", 10),
    });
    assert.deepEqual(labels(text), [["web1", "web3"], ["web2"]]);
    const { markdown, html } = rendered(text);
    for (const page of [markdown, html]) assert.match(page, /the host key is not the one/);
  });

  it("may be called by their names in paths, in messages and in what packages and units are called", () => {
    const update = (host: string, address: string): Record<string, unknown> => {
      const connection = { host: address, port: 2222 };
      const was = { [`nixos-system-${host}`]: "1", [host]: "2" };
      const is = { [`nixos-system-${host}`]: "3", [host]: "4" };
      const units = { [`backup-${host}.service`]: "b" };
      return step(
        "update",
        host,
        profileOn(address, storePath(`system-${host}-1`), { connection, packages: was, units: {} }),
        profileOn(address, storePath(`system-${host}-2`), { connection, packages: is, units }),
      );
    };
    const all = { web1: "10.0.0.1", web10: "10.0.0.10" };
    const text = previewOf(
      Object.entries(all).map(([host, address]) => update(host, address)),
      Object.entries(all).map(([host, address]) => ({
        urn: urnOf(host),
        severity: "info",
        message: `${host} at ${address} port 2222`,
      })),
    );
    assert.deepEqual(labels(text), [["web1 (10.0.0.1:2222)", "web10 (10.0.0.10:2222)"]]);
  });

  it("get the same versions, also when a host is called like a version", () => {
    for (const names of [
      ["1", "2"],
      ["web1", "web2"],
      ["6.1", "6.6"],
    ]) {
      const text = previewOf(
        names.map((name) =>
          step(
            "update",
            name,
            profileOn(name, "/a", { packages: { linux: "5" } }),
            profileOn(name, "/b", { packages: { linux: name } }),
          ),
        ),
      );
      assert.equal(labels(text).length, 2, names.join());
    }
  });

  it("get the same unit, whose text may name them in store paths only", () => {
    const unit = (host: string, text: string): Record<string, unknown> => ({
      connection: { host },
      name: "web.service",
      text,
    });
    const changed = (...lines: [host: string, line: string][]): string =>
      previewOf(
        lines.map(([host, line]) =>
          step("update", host, unit(host, "[Service]\n"), unit(host, `[Service]\n${line}\n`), {
            type: "SystemdUnit",
          }),
        ),
      );
    const started = (host: string): string => `ExecStart=${storePath(`site-${host}`)}/bin/serve`;
    assert.equal(labels(changed(["prod", started("prod")], ["test", started("test")])).length, 1);
    assert.equal(labels(changed(["prod", "Environment=OF=prod"], ["test", "Environment=OF=test"])).length, 2);
  });

  it("keep or lose the same", () => {
    const gone = (host: string, onDestroy: string): Record<string, unknown> =>
      step("delete", host, profileOn(host, "/a", { onDestroy }));
    assert.deepEqual(labels(previewOf([gone("web1", "leave"), gone("web2", "remove")])), [
      ["web1"],
      ["web2"],
    ]);
  });

  it("show of different sizes those of the host that grows most", () => {
    const grown = (host: string, was: number, is: number): Record<string, unknown> =>
      step(
        "update",
        host,
        profileOn(host, "/a", { packages: { a: "1" }, closureSize: was * 1024 }),
        profileOn(host, "/b", { packages: { a: "2" }, closureSize: is * 1024 }),
      );
    const { markdown } = rendered(previewOf([grown("web1", 100, 101), grown("web2", 50, 90)]));
    assert.match(markdown, /\| 50\.0 KiB → 90\.0 KiB \(\+40\.0 KiB\) at most \|/);
  });
});
