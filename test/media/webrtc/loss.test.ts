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
    const [published, taken, shown] = [publisher.sent, payloads(received).length, payloads(lossy.received).length]
    for (const relay of [up, down]) relay.loss = percent / 100
    // A machine that stands still for a while is made up for by going on for longer.
    await eventually(() => {
      const sent = publisher.sent - published
      const enough = (before: number, packets: readonly MediaPacket[]) =>
        payloads(packets).length - before >= KEPT * sent
      return (sent >= PICTURES && enough(taken, received) && enough(shown, lossy.received)) || undefined
    })
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
