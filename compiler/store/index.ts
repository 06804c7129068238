/** Where what can be made again is kept, and how: in folders of our own, whole, and checked when it is read. */

export { isAlive } from "./alive.js";
export { draftIn, TEMPORARY } from "./draft.js";
export { compilerFingerprint } from "./fingerprint.js";
export { InlinedError, isClone, packageRoot, requirePackage } from "./package-root.js";
export { cacheFolder, homeFolder, userCacheFolder } from "./places.js";
export { dropForeign, privateFolder, privateRoot, UntrustedFolder } from "./private-folder.js";
export { SealedFolder } from "./sealed-folder.js";
export { DamagedFile, isPassing, readOwn, syncFolder, writeSynced } from "./whole-file.js";
