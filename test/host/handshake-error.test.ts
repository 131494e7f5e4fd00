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
      "EHOSTDOWN",
      "ENETDOWN",
      "EPIPE",
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

  it("tells a machine that is silent from one that takes its time with the login", () => {
    const silent = (verified: boolean): string =>
      handshakeError(Object.assign(new Error("late"), { level: "client-timeout" }), verified).message;
    assert.equal(silent(false), "no answer in time");
    assert.equal(silent(true), "no answer to the login in time");
  });

  it("is a refused login when the machine ends it with a reason after it has shown its key", () => {
    assert.equal(kind({ level: "client-authentication" }, true), "login");
    assert.equal(kind({ code: 2 }, true), "login");
    assert.equal(kind({ code: 2 }, false), "protocol");
  });
});
