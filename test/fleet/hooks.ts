import { stopSharedFleet } from "./shared";

// It would end the provider; mocha hands it back to the process, where nobody else listens, and goes on.
process.on("unhandledRejection", (reason) => {
  throw reason;
});

/** For mocha's --require: ends the shared hosts after the last test of the process. */
export const mochaHooks = { afterAll: stopSharedFleet };
