# A page and the program that serves it, in one path. It stands in for what nixpkgs would give you, so that the
# quickstart needs nothing from a binary cache: `pkgs.busybox` in place of the one on this machine.
{ version, busybox ? /bin/busybox }:
{
  site = derivation {
    name = "site-${version}";
    system = builtins.currentSystem;
    builder = "/bin/sh";
    PATH = "/usr/bin:/bin";
    args = [ "-e" ./build.sh ];
    busybox = builtins.path { path = busybox; name = "busybox"; };
    serve = ./serve.sh;
    inherit version;
  };
}
