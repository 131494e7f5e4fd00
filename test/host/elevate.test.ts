import assert from "node:assert/strict";
import { Candidates } from "../../provider/host/candidates";
import { elevatorFor, type Elevation } from "../../provider/host/elevate";

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

  it("hands root the user to become", () => {
    const argv = elevatorFor("root", "none", none)?.wrap(["id", "-u"], "alice", "?") ?? [];
    assert.deepEqual(
      [argv.slice(0, 2), argv.slice(-3)],
      [
        ["sh", "-c"],
        ["alice", "id", "-u"],
      ],
    );
  });

  it("tells what to do when it is refused, in the words of the way that was taken", () => {
    const hint = (user: string, elevation: Elevation, passwords = none): string | undefined =>
      elevatorFor(user, elevation, passwords)?.hint(user, "alice");
    assert.equal(
      hint("deploy", "sudo"),
      '"deploy" must be allowed to become "alice" by sudo without a password (NOPASSWD), or give elevatePassword',
    );
    assert.equal(
      hint("deploy", "sudo", new Candidates("s3cret")),
      'check elevatePassword, and that "deploy" may become "alice" by sudo (as that user: sudo -l)',
    );
    assert.equal(
      hint("dora", "doas"),
      '"dora" must be allowed to become "alice" without a password: permit nopass dora as alice in doas.conf',
    );
    assert.equal(hint("root", "none"), 'is there a user "alice" on that machine, and setpriv (util-linux)?');
  });

  it("is not possible for others without a way", () => {
    assert.equal(elevatorFor("alice", "none", new Candidates("s3cret")), undefined);
  });
});
