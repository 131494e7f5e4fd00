import assert from "node:assert/strict";
import { renderUnit } from "../../provider/systemd/render";

describe("a rendered unit", () => {
  it("begins with [Unit], ends with [Install], and has its keys in order", () => {
    const text = renderUnit({
      Install: { WantedBy: "multi-user.target" },
      Service: { Type: "simple", ExecStart: "/bin/true" },
      "X-Ours": { B: 1 },
      Unit: { Description: "a web server" },
    });
    assert.equal(
      text,
      [
        "[Unit]",
        "Description=a web server",
        "",
        "[Service]",
        "ExecStart=/bin/true",
        "Type=simple",
        "",
        "[X-Ours]",
        "B=1",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
        "",
      ].join("\n"),
    );
  });

  it("is the same whatever order the sections and keys arrive in", () => {
    assert.equal(
      renderUnit({ Service: { ExecStart: "/a", User: "u" }, Unit: { After: "b" } }),
      renderUnit({ Unit: { After: "b" }, Service: { User: "u", ExecStart: "/a" } }),
    );
  });

  it("repeats a key for each element of an array, in the array's order", () => {
    assert.equal(
      renderUnit({ Service: { ExecStart: ["", "/b", "/a"] } }),
      "[Service]\nExecStart=\nExecStart=/b\nExecStart=/a\n",
    );
  });

  it("writes numbers and booleans as systemd reads them", () => {
    assert.equal(
      renderUnit({ Service: { RestartSec: 0.5, RemainAfterExit: true, DynamicUser: false } }),
      "[Service]\nDynamicUser=false\nRemainAfterExit=true\nRestartSec=0.5\n",
    );
  });

  it("leaves a key out that is undefined", () => {
    assert.equal(renderUnit({ Service: { User: undefined, Type: "exec" } }), "[Service]\nType=exec\n");
  });

  it("escapes the values of an environment map", () => {
    const text = renderUnit({ Service: { Environment: { B: 'a "b" \\ 5%', A: "one\ntwo" } } });
    assert.equal(text, '[Service]\nEnvironment="A=one\\ntwo"\nEnvironment="B=a \\"b\\" \\\\ 5%%"\n');
  });

  it("leaves an environment in systemd's own syntax as it is", () => {
    assert.equal(
      renderUnit({ Service: { Environment: ["A=%h", '"B=c d"'] } }),
      '[Service]\nEnvironment=A=%h\nEnvironment="B=c d"\n',
    );
  });
});
