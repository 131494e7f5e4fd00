# A program that is the same in every environment. With nixpkgs: `flake: ".#app"`, a package of any kind; here it is made
# of what is on this machine.
{ release, busybox ? /bin/busybox }:
derivation {
  name = "app-${release}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  args = [ "-e" ./build.sh ];
  busybox = builtins.path { path = busybox; name = "busybox"; };
  serve = ./serve.sh;
  inherit release;
}
