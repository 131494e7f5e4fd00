import assert from "node:assert/strict";
import { handshakeError } from "../../provider/host/handshake-error";

function kind(fields: { level?: string; code?: unknown }, verified = false, message = "it failed"): string {
  return handshakeError(Object.assign(new Error(message), fields), verified).kind;
}

describe("a failed handshake", () => {
  it("is worth another try when the network failed", () => {
    for (const code of [
      "ECONNREFUSED",
      "ECONNRESET",
      "ETIMEDOUT",
      "EHOSTUNREACH",
      "ENETUNREACH",
      "EAI_AGAIN",
    ]) {
      assert.equal(kind({ level: "client-socket", code }), "network", code);
    }
    assert.equal(kind({ level: "client-timeout" }), "network");
    assert.equal(kind({ level: "protocol" }, false, "Connection lost before handshake"), "network");
  });

  it("is not worth another try when the name does not exist or the machine speaks another protocol", () => {
    assert.equal(kind({ level: "client-socket", code: "ENOTFOUND" }), "protocol");
    assert.equal(kind({ level: "handshake" }), "protocol");
  });

  it("is a refused login when the machine ends it with a reason after it has shown its key", () => {
    assert.equal(kind({ level: "client-authentication" }, true), "login");
    assert.equal(kind({ code: 2 }, true), "login");
    assert.equal(kind({ code: 2 }, false), "protocol");
  });
});
