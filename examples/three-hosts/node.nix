# What a machine runs, with its unit. With nixpkgs: `pkgs.symlinkJoin` of a package and of
# `pkgs.writeTextDir "lib/systemd/system/three-hosts.service" …`; here all comes from this machine.
{ role, busybox ? /bin/busybox }:
derivation {
  name = "node-${role}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  args = [ "-e" ./build.sh ];
  busybox = builtins.path { path = busybox; name = "busybox"; };
  unit = ./three-hosts.service;
  inherit role;
}
