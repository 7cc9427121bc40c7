# SPDX-License-Identifier: Apache-2.0
"""In asyncio every call goes to a thread, and the loop goes on meanwhile."""
import asyncio

from stepdown import Engine, Storage


async def main() -> None:
    engine = await asyncio.to_thread(Engine.create, Storage.memory(), fallback=("Ruth Adler", "service-leader", "harborview"))
    with engine:
        engine.set_organization("harborview", "provider")
        await asyncio.to_thread(engine.activate, "failed-first-visit-huddle")
        maria = engine.session("Maria Chen", "supervisor", "harborview")
        pathways = await asyncio.gather(*(
            asyncio.to_thread(maria.open_pathway, "failed-first-visit-huddle", subject=f"person-{number}",
                              zone="America/New_York") for number in range(5)))
        boards = await asyncio.gather(*(asyncio.to_thread(pathway.board) for pathway in pathways))
        print(f"{len(boards)} boards of {len(pathways)} pathways")


asyncio.run(main())
