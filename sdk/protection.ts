import type * as pulumi from "@pulumi/pulumi";

/**
 * A change is confirmed over a new TCP connection and a new login, which a broken sshd, firewall, key or network does
 * not let through; what nobody confirms is taken back by the machine itself. False switches this off: then the change
 * stays when it and its health checks have succeeded.
 */
export interface Confirmation {
  /** Seconds, behind the change and the checks that run on the machine, that it waits before it goes back; 30. */
  timeout?: pulumi.Input<number>;
  /** How many logins are tried in that time, spread over it; 3. A refused key or login is not tried again. */
  attempts?: pulumi.Input<number>;
}

/** One coordinator at a time changes what is a user's on a machine. Resources of one program wait for each other. */
export interface Lock {
  /** Seconds to wait for another one's deployment before failing with its name; 0 by default. */
  wait?: pulumi.Input<number>;
  /** End another one's deployment that is past all its limits, and take back what it did. False by default. */
  endStuck?: pulumi.Input<boolean>;
}
