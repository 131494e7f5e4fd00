import { bootFleet } from "./fleet";
async function main() { const t=Date.now(); const f = await bootFleet({ bookworm: 1, trixie: 1 }); console.log("up", Date.now()-t); await new Promise(r=>setTimeout(r, Number(process.argv[2]))); const s=Date.now(); await f.stop(); console.log("down", Date.now()-s); }
void main();
