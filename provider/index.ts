import { dynamicHandler, type DynamicHandler } from "./dynamic";
import { watchDiffs } from "./engine-diff";
import { watchRequests } from "./engine-requests";
import type { Resource } from "./resource";
import { binaryCache as binaryCacheResource } from "./resources/binary-cache";
import { closureCopy as closureCopyResource } from "./resources/closure-copy";
import { hostGarbageCollection as hostGarbageCollectionResource } from "./resources/host-garbage-collection";
import { nixBuild as nixBuildResource } from "./resources/nix-build";
import { profileActivation as profileActivationResource } from "./resources/profile-activation";
import { signingKey as signingKeyResource } from "./resources/signing-key";
import { systemdUnit as systemdUnitResource } from "./resources/systemd-unit";
import { closeOnInterrupt } from "./session";

/**
 * The handlers by name. Every state that was ever written names this module and one of these exports in its
 * `__provider` text: they stay for ever.
 */
export const nixBuild = serve(nixBuildResource);
export const binaryCache = serve(binaryCacheResource);
export const closureCopy = serve(closureCopyResource);
export const profileActivation = serve(profileActivationResource);
export const signingKey = serve(signingKeyResource);
export const systemdUnit = serve(systemdUnitResource);
export const hostGarbageCollection = serve(hostGarbageCollectionResource);

watchRequests();
watchDiffs();
closeOnInterrupt();

/** The wire carries JSON: a resource's own types hold again once its inputs are checked. */
function serve<Inputs extends object, State extends Inputs>(
  resource: Resource<Inputs, State>,
): DynamicHandler {
  return dynamicHandler(resource as unknown as Resource<never, never>);
}
