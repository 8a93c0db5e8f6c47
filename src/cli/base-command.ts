import { join, resolve } from 'node:path'
import { Command, Errors, Flags } from '@oclif/core'
import type { ChalkInstance } from 'chalk'
import { type AmsctlError, ERRORS } from '../domain/errors.ts'
import type { DaemonOperations } from '../services/daemon-operations.ts'
import type { StoreOperations, VerdictView } from '../services/operations.ts'
import { colorsFor } from './color.ts'
import { openDaemon, openOperations } from './connect.ts'
import { escapeControls } from './escape.ts'
import { readFailure, toErrorObject } from './failure.ts'
import { requireMediaDir } from './media-dir.ts'
import { readStorePlace, type StoreFlags, storeFlags } from './store-place.ts'
import { type Column, renderFields, renderLines, renderTable } from './table.ts'

/** Longer lists are for scrolling and searching, and their boxes would take minutes to draw. */
const LONGEST_TABLE = 2000

/** What every command shares: the global flags, how it prints, how it fails. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    'data-dir': Flags.string({
      summary: "Where tokens and settings are kept (default: the user's data directory).",
      env: 'AMSCTL_DATA_DIR',
      helpValue: 'DIR',
      helpGroup: 'GLOBAL',
    }),
    ...storeFlags,
    'no-color': Flags.boolean({ summary: 'Print without colour.', helpGroup: 'GLOBAL' }),
  }

  protected dataDir(flags: { readonly 'data-dir': string | undefined }): string {
    return resolve(flags['data-dir'] || this.config.dataDir)
  }

  protected mediaDir(flags: {
    readonly 'data-dir': string | undefined
    readonly 'media-dir'?: string | undefined
  }): string {
    return resolve(flags['media-dir'] || join(this.dataDir(flags), 'streams'))
  }

  /** Runs `use` on the store, through the daemon where one runs on it. */
  protected async withStore<T>(
    flags: StoreFlags & { readonly 'data-dir': string | undefined; readonly 'media-dir'?: string | undefined },
    use: (store: StoreOperations, daemon: DaemonOperations | null) => Promise<T>,
  ): Promise<T> {
    const mediaDir = this.mediaDir(flags)
    const connection = await openOperations({
      dataDir: this.dataDir(flags),
      mediaDir,
      place: await readStorePlace(flags),
    })
    try {
      if (connection.daemon && flags['media-dir']) await requireMediaDir(connection.daemon, mediaDir)
      return await use(connection.operations, connection.daemon)
    } finally {
      await connection.close()
    }
  }

  /** Runs `use` on the running daemon; DAEMON_DOWN where none is. */
  protected async withDaemon<T>(
    flags: { readonly 'data-dir': string | undefined },
    use: (daemon: DaemonOperations) => Promise<T>,
  ): Promise<T> {
    const connection = await openDaemon(this.dataDir(flags))
    try {
      return await use(connection.daemon)
    } finally {
      await connection.close()
    }
  }

  /** The result of a command: `text` for people and pipes, `result` under `--json`, which oclif prints. */
  protected print<T>(result: T, text: string): T {
    if (!this.jsonEnabled() && text !== '') process.stdout.write(`${text}\n`)
    return result
  }

  /** Rows as a table on a terminal, as tab-separated lines in a pipe. */
  protected async printRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Promise<readonly Row[]> {
    if (this.jsonEnabled()) return rows
    if (rows.length === 0 && process.stdout.isTTY) this.note('none')
    const text =
      process.stdout.isTTY && rows.length <= LONGEST_TABLE
        ? await renderTable(rows, columns, this.colors(process.stdout))
        : renderLines(rows, columns)
    return this.print(rows, text)
  }

  /** One thing, a `name: value` line each on a terminal, `name TAB value` in a pipe; nulls are left out. */
  protected printFields<T>(result: T, fields: readonly (readonly [name: string, value: string | null])[]): T {
    return this.print(result, renderFields(fields, process.stdout.isTTY ? this.colors(process.stdout) : null))
  }

  /** A verdict is a result, so a no goes to stdout too; the exit code says it to scripts. */
  protected printVerdict(verdict: VerdictView): VerdictView {
    if (!verdict.valid) process.exitCode = ERRORS.TOKEN_UNKNOWN.exit
    return this.print(verdict, verdict.valid ? verdict.message : `${verdict.message} (${verdict.code})`)
  }

  /** Talk, which never mixes with results. */
  protected note(text: string): void {
    process.stderr.write(`${text}\n`)
  }

  override warn(input: string): string
  override warn(input: Error): Error
  override warn(input: string | Error): string | Error {
    const message = input instanceof Error ? input.message : input
    this.note(this.colors(process.stderr).yellow(`warning: ${message}`))
    return input
  }

  protected colors(stream: NodeJS.WriteStream): ChalkInstance {
    return colorsFor(stream, this.argv)
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
  }

  protected override async catch(thrown: unknown): Promise<never> {
    if (thrown instanceof Errors.ExitError) throw thrown
    const failure = readFailure(thrown)
    if (this.jsonEnabled()) this.logJson(toErrorObject(failure))
    else if (failure.code !== 'INTERRUPTED') this.printFailure(failure)
    throw new Errors.ExitError(failure.exit)
  }

  private printFailure(failure: AmsctlError): void {
    const lines = [failure.message.split('\n').map(escapeControls).join('\n')]
    if (failure.code === 'INTERNAL' && failure.cause instanceof Error) lines.push(failure.cause.stack ?? '')
    if (failure.code === 'BAD_USAGE') lines.push(`see ${this.config.bin} ${this.id?.replaceAll(':', ' ')} --help`)
    const [message, ...rest] = lines
    process.stderr.write([this.colors(process.stderr).red(`error: ${message}`), ...rest, ''].join('\n'))
  }
}
