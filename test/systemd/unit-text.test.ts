import assert from "node:assert/strict";
import {
  canBeEnabled,
  hasInstallSection,
  ownerOf,
  withOwner,
  withoutOwner,
} from "../../provider/systemd/unit-text";

describe("a unit's text", () => {
  const text = "[Service]\nExecStart=/bin/true\n";

  it("is what was written, without the line that says whose it is", () => {
    assert.equal(withoutOwner(withOwner("web.service@local-1", text)), text);
    assert.equal(ownerOf(withOwner("web.service@local-1", text)), "web.service@local-1");
  });

  it("has no owner when the first line is another one", () => {
    assert.equal(ownerOf(`#\n${withOwner("x", text)}`), undefined);
    assert.equal(withoutOwner(text), text);
  });

  it("can be enabled with any of its [Install] sections, and not by a key elsewhere", () => {
    assert.equal(canBeEnabled("[Install]\nX=y\n[Service]\nA=b\n[Install]\nWantedBy = a.target\n"), true);
    assert.equal(canBeEnabled("[Unit]\nWantedBy=a.target\n"), false);
    assert.equal(canBeEnabled("[Install]\nWantedBy=\n[Unit]\nAlias=b\n"), false);
  });

  it("has something to enable with Also= alone, of which no trace can be seen", () => {
    assert.equal(hasInstallSection("[Install]\nAlso=web.socket\n"), true);
    assert.equal(canBeEnabled("[Install]\nAlso=web.socket\n"), false);
  });
});
