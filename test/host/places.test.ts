import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { Places } from "../../provider/host/places";
import type { Place } from "../../provider/host/transport";

/** Takes as many places as there are without waiting. */
async function fill(places: Places, place: Place): Promise<(() => void)[]> {
  const back: (() => void)[] = [];
  for (let wanted = 0; wanted < 20; wanted++) void places.take(place).then((leave) => back.push(leave));
  await setImmediate();
  return back;
}

describe("places", () => {
  it("are eight, and the next one is free when one is given back", async () => {
    const places = new Places();
    const back = await fill(places, "brief");
    assert.equal(back.length, 8);
    back[0]?.();
    await setImmediate();
    assert.equal(back.length, 9);
    assert.equal(places.inUse, 8);
  });

  it("are never all held, so that whoever holds one can run a command meanwhile", async () => {
    const places = new Places();
    assert.equal((await fill(places, "held")).length, 5);
    assert.equal((await fill(places, "brief")).length, 3);
  });

  it("are not waited for when a command must end", async () => {
    const places = new Places();
    await fill(places, "brief");
    await places.take("urgent");
    assert.equal(places.inUse, 9);
  });

  it("are as many as the machine allows, at least one", async () => {
    const places = new Places();
    places.shrink();
    assert.equal((await fill(places, "held")).length, 1);
    assert.equal((await fill(places, "brief")).length, 0);
  });

  it("given back twice are free once", async () => {
    const places = new Places();
    const leave = await places.take("brief");
    leave();
    leave();
    assert.equal(places.inUse, 0);
  });

  it("are no longer waited for by what was cancelled", async () => {
    const places = new Places();
    const back = await fill(places, "brief");
    const cancel = new AbortController();
    const waiting = places.take("urgent").then(() => places.take("brief", cancel.signal));
    await setImmediate();
    cancel.abort();
    await assert.rejects(waiting, /cancelled/);
    assert.equal(back.length, 8);
  });
});
