# What home-manager calls an activation package: programs, files and an `activate` that puts the files into place. With
# nixpkgs and home-manager there is no such file: the program has
#   flake: ".#homeConfigurations.alice.activationPackage"
{ greeting, busybox ? /bin/busybox }:
derivation {
  name = "home-alice";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  args = [ "-e" ./build.sh ];
  busybox = builtins.path { path = busybox; name = "busybox"; };
  activate = ./activate.sh;
  serve = ./serve.sh;
  inherit greeting;
}
