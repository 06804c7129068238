/**
 * Options of every thread that is started here. What Node itself was started with is about its own script: --input-type=module or -p, on the
 * command line or in NODE_OPTIONS, would end the thread.
 */
export const ownOptions = () => ({ execArgv: [], env: { ...process.env, NODE_OPTIONS: "" } });
