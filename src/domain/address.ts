import { createRequire } from 'node:module'
import type IpAddr from 'ipaddr.js'
import { AmsctlError } from './errors.ts'

// By require: an import makes Node search this CommonJS file for export names, 20 ms of every command's start.
const ipaddr: typeof IpAddr = createRequire(import.meta.url)('ipaddr.js')

type Address = IpAddr.IPv4 | IpAddr.IPv6
type Network = [Address, number]

/** Lists of networks that have been read before: those of the settings are asked for with every request. */
const networks = new WeakMap<readonly string[], readonly Network[]>()

/** Addresses that have been read before: one request asks for its own, and for its Host's, many times. */
const addresses = new Map<string, Address | undefined>()
const MOST_REMEMBERED = 1000
/** No address is longer, its zone included: what else callers send is not remembered. */
const LONGEST = 64

/** The canonical text of an address: IPv4-mapped IPv6 as IPv4, no zone; an unreadable one unchanged. */
export function canonicalAddress(address: string): string {
  return readAddress(address.replace(/%.*$/, ''))?.toString() ?? address
}

/** Reads one CIDR or a plain address (then /32 or /128) and returns its canonical network. */
export function parseCidr(text: string): string {
  try {
    const [network, bits] = readCidr(text)
    if (network.kind() === 'ipv4') return `${ipaddr.IPv4.networkAddressFromCIDR(`${network}/${bits}`)}/${bits}`
    return `${ipaddr.IPv6.networkAddressFromCIDR(`${network}/${bits}`)}/${bits}`
  } catch (cause) {
    throw new AmsctlError('BAD_VALUE', `"${text}" is not an address or CIDR such as 203.0.113.7 or 10.0.0.0/8`, {
      cause,
    })
  }
}

/** Whether `address` lies in one of `cidrs`. */
export function inCidrs(address: string, cidrs: readonly string[]): boolean {
  const candidate = readAddress(address)
  if (!candidate) return false
  return networksOf(cidrs).some(
    ([network, bits]) => network.kind() === candidate.kind() && candidate.match(network, bits),
  )
}

function networksOf(cidrs: readonly string[]): readonly Network[] {
  const known = networks.get(cidrs) ?? cidrs.map(readCidr)
  networks.set(cidrs, known)
  return known
}

/** Who an address stands for when guesses are counted: itself, or its /64 for IPv6. */
export function guesserOf(address: string): string {
  const parsed = readAddress(address)
  if (!parsed) return address
  return parsed.kind() === 'ipv6' ? `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed}/64`)}/64` : parsed.toString()
}

/** undefined: it is none. */
function readAddress(text: string): Address | undefined {
  if (text.length > LONGEST) return undefined
  if (addresses.has(text)) return addresses.get(text)
  if (addresses.size >= MOST_REMEMBERED) addresses.clear()
  const address = ipaddr.isValid(text) ? ipaddr.process(text) : undefined
  addresses.set(text, address)
  return address
}

function readCidr(text: string): Network {
  const [host = ''] = text.split('/')
  // Nothing shorter and nothing octal: 10/8 would be 0.0.0.10/8, and 010.0.0.0/8 would be 8.0.0.0/8.
  if (!ipaddr.IPv4.isValidFourPartDecimal(host) && !ipaddr.IPv6.isValid(host)) throw new Error('not an address')
  if (text.includes('/')) {
    const [network, bits] = ipaddr.parseCIDR(text)
    if (network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96) {
      return [network.toIPv4Address(), bits - 96]
    }
    return [network, bits]
  }
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
