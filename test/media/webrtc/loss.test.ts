import { expect, it } from 'vitest'
import type { MediaPacket } from '../../../src/media/ports.ts'
import { eventually } from '../../support/eventually.ts'
import { LossyRelay } from '../../support/lossy-relay.ts'
import {
  aMediaHouse,
  CodedPublisher,
  CodedViewer,
  codedPictures,
  decoded,
  picturesOf,
} from '../../support/rtc-media.ts'

const PICTURES = 120
const KEPT = 0.95
const TAIL = 30

const payloads = (packets: readonly MediaPacket[]) => picturesOf(packets).map(({ payload }) => payload)

/** A publisher, and two viewers of whom the second is on the loopback itself; relays that lose nothing yet. */
async function aLossyHouse() {
  const house = await aMediaHouse()
  const [up, down] = [await LossyRelay.to(house.engine.port, 1), await LossyRelay.to(house.engine.port, 2)]
  const publisher = new CodedPublisher(await codedPictures('640x360'))
  await house.publish(publisher, { relay: up })
  await eventually(() => picturesOf(house.received).length > 0 || undefined)
  const [lossy, whole] = [new CodedViewer(), new CodedViewer()]
  await house.play(lossy, { relay: down })
  await house.play(whole)
  const begun = () => [lossy, whole].every(({ received }) => picturesOf(received).length > 0)
  await eventually(() => begun() || undefined)
  return { ...house, publisher, up, down, lossy, whole }
}

it.each([5, 10])(
  'makes up for a loss of %d percent of what is published, and of what one of two viewers is sent',
  async (percent) => {
    const { down, lossy, publisher, received, up, whole } = await aLossyHouse()
    const countNow = () => [publisher.sent, payloads(received).length, payloads(lossy.received).length] as const
    for (const relay of [up, down]) relay.loss = percent / 100
    let before = countNow()
    await eventually(() => {
      const [sent = 0, taken = 0, shown = 0] = countNow().map((count, index) => count - (before[index] ?? 0))
      // What a machine lost that stood still for a while is counted no more.
      if (sent >= 2 * PICTURES) before = countNow()
      return (sent >= PICTURES && Math.min(taken, shown) >= KEPT * sent) || undefined
    }, 60_000)
    for (const relay of [up, down]) relay.loss = 0
    // Only what follows tells a receiver of a gap.
    const repaired = publisher.sent + TAIL
    await eventually(() => publisher.sent >= repaired || undefined)
    publisher.stop()
    const last = () => payloads(received).at(-1) ?? Buffer.alloc(0)
    const caughtUp = () => [lossy, whole].every((viewer) => payloads(viewer.received).at(-1)?.equals(last()))
    await eventually(() => caughtUp() || undefined)

    expect(Math.min(up.lost, down.lost)).toBeGreaterThan((PICTURES * 2 * percent) / 100)
    const ofWhole = payloads(whole.received)
    expect(ofWhole).toEqual(payloads(received).slice(-ofWhole.length))
    expect(whole.repeated).toBe(0)
    // What was on its way when the publisher stopped may still come.
    for (const packets of [[...received], [...lossy.received]]) {
      expect(await decoded(packets)).toMatchObject({ complaints: '', pictures: payloads(packets).length })
    }
  },
)
