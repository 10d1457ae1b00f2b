// The runner: what a Node process of the engine runs. It loads the bundle of `"use node"` modules and runs its functions
// with genuine `ctx`s, as `npm-packages/node-executor` of the backend does, and talks to the host over stdin and stdout
// in the messages of `mailbox.js`.
//
// By argument: a nonce that marks lines of ours on stdout, and settings as JSON (`{memoryLimit, inspect?}`).
import "./natives.mjs";
import { listen } from "./channel.mjs";
import { installConsole } from "./console.mjs";
import { installClock } from "./clock.mjs";
import { installFetch } from "./fetch.mjs";
import { installGuards } from "./network.mjs";
import { installProcess } from "./process.mjs";
import { installConvex } from "./convex.mjs";
import { rememberGlobals } from "./pristine.mjs";
import { startInspector } from "./inspect.mjs";
import { startWatch } from "./watch.mjs";
import { commands } from "./commands.mjs";

const settings = JSON.parse(process.argv[3]);

installProcess();
installConsole();
installClock();
installFetch();
installGuards();
installConvex();
rememberGlobals();
startWatch(settings);
if (settings.inspect !== undefined) startInspector(settings.inspect);
listen(commands);
