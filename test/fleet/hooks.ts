import { stopSharedFleet } from "./shared";

/** For mocha's --require: ends the shared hosts after the last test of the process. */
export const mochaHooks = { afterAll: stopSharedFleet };
