import assert from "node:assert/strict";
import { Candidates } from "../../provider/host/candidates";
import { elevatorFor } from "../../provider/host/elevate";

const none = new Candidates<string>();

describe("becoming another user", () => {
  it("takes sudo without a question where no password was given", () => {
    const argv = elevatorFor("deploy", "sudo", none)?.wrap(["id", "-u"], "root", "?");
    assert.deepEqual(argv, ["sudo", "-n", "-u", "root", "-H", "--", "id", "-u"]);
  });

  it("takes sudo with our own question where a password was given, and never names the password", () => {
    const argv = elevatorFor("deploy", "sudo", new Candidates("s3cret"))?.wrap(
      ["id"],
      "alice",
      "our question",
    );
    assert.deepEqual(argv, ["sudo", "-S", "-p", "our question", "-u", "alice", "-H", "--", "id"]);
  });

  it("takes doas without a question", () => {
    const argv = elevatorFor("dora", "doas", none)?.wrap(["id"], "root", "?");
    assert.deepEqual(argv, ["doas", "-n", "-u", "root", "id"]);
  });

  it("needs nothing of the kind from root", () => {
    for (const elevation of ["none", "sudo", "doas"] as const) {
      assert.equal(elevatorFor("root", elevation, none)?.name, "setpriv");
    }
  });

  it("is not possible for others without a way", () => {
    assert.equal(elevatorFor("alice", "none", new Candidates("s3cret")), undefined);
  });
});
