import random, pytest
from tests.views.test_row_area import on_screen,painted_anew,Log,numbered
@pytest.mark.parametrize("seed",[0,2])
def test_x(qtbot,seed):
        chance = random.Random(seed)
        log = Log(qtbot)
        log.receive(*numbered(200))
        actions = {
            "recv":lambda: log.receive(*numbered(chance.randrange(40))),
            "wheel":lambda: log.wheel(chance.choice((-2, -1, 1, 2))),
            "sel":lambda: log.view.select(chance.randrange(200)),
            "hor":lambda: log.view.horizontalScrollBar().setValue(chance.randrange(100)),
            "filter":lambda: log.filter(chance.choice(("", "any<150"))),
            "pause":lambda: log.model.set_paused(not log.model.is_paused),
            "latest":log.show_latest,
            "clear":log.clear,
        }
        tr=[]
        for k in range(25):
            n=chance.choices(list(actions), (8, 4, 4, 2, 2, 2, 1, 1))[0]; actions[n](); tr.append(n)
            a,b=on_screen(log),painted_anew(log)
            if a!=b:
                d=[(x,y) for y in range(a.height()) for x in range(0,a.width()) if a.pixel(x,y)!=b.pixel(x,y)]
                print("\nDIFF",seed,tr,len(d),d and (min(d),max(d),min(y for _,y in d),max(y for _,y in d)),log.view.viewport().geometry(), log.model.rowCount(),log.bar.value(),log.view._pill.geometry(),log.view._pill.isVisible())
                a.save(f"/tmp/r2/xa{seed}.png");b.save(f"/tmp/r2/xb{seed}.png"); break
