import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { greets } from "./greeting";
import { openRelay, reset, type Relay } from "./relay";

describe("a delaying relay", function () {
  let echo: Server;
  let relay: Relay;

  before(async () => {
    echo = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    relay = await openRelay("127.0.0.1", (echo.address() as AddressInfo).port, 200);
  });

  after(async () => {
    await relay.close();
    echo.close();
  });

  it("lets no answer come before its delay is over", async () => {
    const socket = await opened(relay);
    // The first answer also waits for the connection.
    for (const least of [390, 195, 195]) {
      const start = performance.now();
      socket.write("x");
      await new Promise((resolve) => socket.once("data", resolve));
      assert.ok(performance.now() - start >= least);
    }
    socket.destroy();
  });

  it("passes on every byte in order, and the end", async () => {
    const socket = await opened(relay);
    const sent = randomBytes(40 * 1024 * 1024);
    const received = createHash("sha256");
    socket.on("data", (chunk: Buffer) => received.update(chunk));
    socket.end(sent);
    await new Promise((resolve) => socket.once("end", resolve));
    assert.equal(received.digest("hex"), createHash("sha256").update(sent).digest("hex"));
  });

  it("ends its connections when it is closed", async () => {
    const other = await openRelay("127.0.0.1", (echo.address() as AddressInfo).port, 10);
    const socket = await opened(other);
    const ended = new Promise((resolve) => socket.once("close", resolve));
    await other.close();
    await ended;
    assert.equal(await greets(other.host, other.port), false);
  });

  it("breaks a connection also when its end is on the way", async () => {
    const socket = await opened(relay);
    const broken = new Promise((resolve) => socket.once("close", () => resolve("closed")));
    const failed = new Promise((resolve) => socket.once("error", resolve));
    // Nothing comes in between two timers of the same time.
    setTimeout(() => socket.end(), 20);
    setTimeout(() => reset(socket), 20);
    assert.equal(await Promise.race([broken, failed]), "closed");
  });

  function opened({ host, port }: Relay): Promise<Socket> {
    return new Promise((resolve) => {
      const socket = connect({ host, port }, () => resolve(socket));
      socket.on("error", () => undefined);
      socket.resume();
    });
  }
});
