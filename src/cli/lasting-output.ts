/** Lets a daemon outlive whoever reads its log, and a full disk under it; other commands end with their reader. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error')
    stream.on('error', () => {
      // There is nobody left to tell.
    })
  }
}
