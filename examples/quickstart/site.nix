# A page and the program that serves it, in one path. It stands in for what nixpkgs would give you, so that the
# quickstart needs nothing from a binary cache: `pkgs.busybox` in place of the one on this machine.
{ version, bin ? /usr/bin }:
let
  tools = builtins.path {
    path = bin;
    name = "busybox";
    filter = path: _: baseNameOf path == "busybox";
  };
in
{
  site = derivation {
    name = "site-${version}";
    system = builtins.currentSystem;
    builder = "${tools}/busybox";
    args = [ "sh" "-e" ./build.sh ];
    serve = ./serve.sh;
    inherit tools version;
  };
}
