# A page, what serves it, and what has to happen on the machine when it becomes the active one. With nixpkgs this is
# a `pkgs.symlinkJoin` of `pkgs.busybox` and a few `pkgs.writeShellScriptBin`; here all comes from this machine.
{ greeting, busybox ? /bin/busybox }:
derivation {
  name = "page";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  args = [ "-e" ./build.sh ];
  busybox = builtins.path { path = busybox; name = "busybox"; };
  programs = builtins.path { path = ./bin; name = "programs"; };
  inherit greeting;
}
