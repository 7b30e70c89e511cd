"""pages_test.py <flinch> <work>: the pages of runs and hunts in Chromium."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import accessibility  # noqa: E402
import chromium  # noqa: E402

FLINCH, WORK = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
HOSTILE = "</script><script>document.title='owned'</script><img/src=x/onerror=alert(1)>\u202e\"'&"


def flinch(*words, codes=(0,)):
    done = subprocess.run([FLINCH, *words], capture_output=True, text=True, cwd=WORK, check=False)
    if done.returncode not in codes:
        raise AssertionError(f"flinch {' '.join(words)} gave {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout


def failing_token():
    for seed in range(1, 40):
        told = json.loads(flinch("run", "small_job", "--seed", str(seed), "--defect",
                                 "sink_commits_at_snapshot", "--json", codes=(0, 1, 3)))
        if told["verdict"] == "failed":
            return re.search(r"fl1~.*", told["replay"]).group(0)
    raise AssertionError("no seed fails")


class PagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(WORK, ignore_errors=True)  # a hunt of another build does not go on
        WORK.mkdir(parents=True)
        cls.browser = chromium.Chromium(chromium.find())

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def open(self, name, **how):
        self.browser.open(WORK / name, **how)
        self.assertEqual(self.browser.requests(), [f"file://{WORK / name}"], "it asks for something")
        self.quiet()

    def quiet(self):
        self.browser.evaluate("0")  # what was said before has come by then
        self.assertEqual(self.browser.console(), [])

    # What it does not see, no page has.
    def test_the_browser_tells_what_a_page_does(self):
        (WORK / "other.html").write_text("<p>")
        (WORK / "asks.html").write_text("<iframe src=other.html></iframe><script>console.log('word');nothing()</script>")
        self.browser.open(WORK / "asks.html")
        self.browser.evaluate("0")
        self.assertIn(f"file://{WORK / 'other.html'}", self.browser.requests())
        self.assertEqual(len(self.browser.console()), 2, self.browser.console())

    def accessible(self):
        self.assertEqual(accessibility.faults_of(self.browser), [])

    # What it does not see, no page has.
    def test_the_audit_finds_what_is_planted(self):
        (WORK / "poor.html").write_text(
            "<body><h1>a</h1><h3>b</h3><div id=x></div><div id=x></div><button></button>"
            "<p style='color:#999;background:#fff'>pale</p><canvas role=application tabindex=5></canvas>"
            "<section aria-label=s></section><section aria-label=s></section><img src=data:,>"
            "<input aria-labelledby=none><table><tr><th>h<td>d</table><div><li>i</li></div>"
            "<div style='width:50px;overflow-x:auto'><p style='width:500px'>wide</p></div>")
        self.browser.open(WORK / "poor.html")
        found = "\n".join(accessibility.faults_of(self.browser))
        for fault in ("no language", "no title", "there are 0 main", "skips a level", "id x is there more",
                      "button in a .* has no name", "contrast is 2.85, below 4.5", "out of its turn",
                      "2 regions named s", "names nothing", "is it the head", "an item of no list",
                      "no key scrolls it", "application in a .* has no name", "im(g|age) in a .* has no name"):
            self.assertRegex(found, fault)

    def test_a_failed_run(self):
        flinch("report", failing_token(), "-o", "run.html")
        self.assertLess((WORK / "run.html").stat().st_size, 5_000_000)
        for how in ({}, {"width": 400}, {"dark": True}):
            with self.subTest(how=how):
                self.open("run.html", **how)
                say = self.browser.evaluate
                self.assertIn("failed", say("document.getElementById('verdict').textContent"))
                self.assertGreater(say("document.querySelectorAll('#findings .finding').length"), 0)
                self.assertGreater(say("document.querySelectorAll('#checkpoints tbody tr').length"), 2)
                self.assertIn("replay fl1~", say("document.getElementById('replay').textContent"))
                self.assertLessEqual(say("document.documentElement.scrollWidth"),
                                     how.get("width", 1200), "it scrolls sideways")
                say("document.querySelector('#checkpoints button').click()")
                say("document.getElementById('diagram').focus()")
                self.browser.press("n")
                self.accessible()
                self.quiet()

    def test_the_way_by_keyboard(self):
        flinch("report", "small_job", "--seed", "3", "-o", "keys.html")
        self.open("keys.html")
        say, press = self.browser.evaluate, self.browser.press
        seen = []
        for _ in range(60):
            press("Tab")
            seen.append(say("document.activeElement.id || document.activeElement.tagName"))
            if seen[-1] == "diagram":
                break
        self.assertEqual(seen[-1], "diagram", seen)
        chosen = "document.getElementById('selected').textContent"
        press("n")
        first = say(chosen)
        press("n")
        second = say(chosen)
        self.assertIn("#", first)
        self.assertNotEqual(first, second)
        press("p")
        self.assertEqual(say(chosen), first)
        press("f")
        self.assertIn("fault.", say(chosen))
        # What each protocol stood at then: a job that runs, and all of its subtasks.
        press("0")
        for _ in range(400):
            press("n")
            moment = say("document.getElementById('moment').innerText")
            if "RUNNING" in moment and " lacks " in moment:
                break
        self.assertRegex(moment, r"acknowledged by \d+ of 12")
        self.assertIn("sink[0]: attempt 1", moment)
        for key in ("+", "ArrowRight", "ArrowLeft", "-", "0", "c", "e"):
            press(key)
        self.quiet()
        # Every control can be reached, and says what it is.
        unnamed = say("[...document.querySelectorAll('button,select,input,[tabindex]')].filter("
                      "(each) => !(each.textContent.trim() || each.getAttribute('aria-label') ||"
                      " each.labels?.length)).map((each) => each.outerHTML)")
        self.assertEqual(unnamed, [])

    def test_the_job_its_event_time_and_a_record(self):
        flinch("report", "url_clicks", "--seed", "3", "-o", "job.html")
        self.open("job.html")
        say = self.browser.evaluate
        self.assertIn("sends to", say("document.getElementById('job-picture').getAttribute('aria-label')"))
        self.assertGreater(say("document.querySelectorAll('#operators tbody tr').length"), 2)
        # Of every operator busy, back-pressured and idle are all of its time.
        rows = say("[...document.querySelectorAll('#operators tbody tr')].map((row) =>"
                   " [...row.cells].slice(4, 7).map((cell) => parseFloat(cell.textContent)))")
        for parts in rows:
            self.assertAlmostEqual(sum(parts), 100, delta=0.2, msg=rows)
            self.assertGreater(parts[0], 0, rows)
        self.assertGreater(say("document.querySelectorAll('#job-picture .busy').length"), len(rows))
        self.assertGreater(say("document.querySelectorAll('#time-picture path').length"), 0)
        # Of all events those that hold these words are gone through.
        words = re.search(r'"(transaction=\S+ )', (WORK / "job.html").read_text()).group(1)
        say(f"document.getElementById('find').value = '{words}'")
        say("document.getElementById('find').dispatchEvent(new Event('input'))")
        say("document.getElementById('diagram').focus()")
        for _ in range(2):
            self.browser.press("n")
            self.assertIn(words, say("document.querySelector('#selected .chain button').textContent"))
        self.quiet()

    def test_what_people_write_is_text(self):
        (WORK / "hostile.toml").write_text(
            "version = 1\nname = %s\nwhy = %s\n[job]\nname = \"url_clicks\"\n[workload]\nrecords = 60\n"
            "key_prefix = %s\n" % ((json.dumps(HOSTILE),) * 3))
        flinch("report", "hostile.toml", "-o", "hostile.html", codes=(0, 1, 3))
        self.open("hostile.html")
        self.assertNotEqual(self.browser.evaluate("document.title"), "owned")
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('img').length"), 0)
        self.assertIn("<img/src=x", self.browser.evaluate("document.getElementById('why').textContent"))

    def test_a_hunt(self):
        flinch("hunt", "small_job", "--seeds", "1..30", "--defect", "sink_commits_at_snapshot",
               "--no-shrink", "--out", "hunt", "--report", "hunt.html", codes=(1,))
        for how in ({}, {"width": 400}, {"dark": True}):
            with self.subTest(how=how):
                self.open("hunt.html", **how)
                self.assertIn("replay fl1~", self.browser.evaluate("document.body.textContent"))
                self.accessible()

    def test_two_runs(self):
        tokens = [re.search(r'fl1~[^\s"]*', flinch("run", "small_job", "--seed", seed, "--json",
                                                 codes=(0, 1, 3))).group(0) for seed in ("3", "4")]
        flinch("diff", *tokens, "--report", "diff.html", codes=(1,))
        for how in ({}, {"width": 400}):
            with self.subTest(how=how):
                self.open("diff.html", **how)
                self.assertGreater(self.browser.evaluate("document.querySelectorAll('tbody tr').length"), 100)
                self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"),
                                     how.get("width", 1200), "it scrolls sideways")
                self.accessible()

    # A real page's data, with so many events.
    def test_a_hundred_thousand_events(self):
        flinch("report", "small_job", "--seed", "3", "-o", "small.html")
        page = (WORK / "small.html").read_text()
        begin = '<script type="application/json" id="run">'
        before, rest = page.split(begin, 1)
        data, after = rest.split("</script>", 1)
        run = json.loads(data)
        real, lanes = run["events"], len(run["lanes"])
        run["events"] = [[1 + n, n * 100_000, *real[n % len(real)][2:5], n] for n in range(100_000)]
        (WORK / "large.html").write_text(before + begin + json.dumps(run) + "</script>" + after)
        # Of the page's own time, or it would say how busy this machine is.
        self.browser.call("Performance.enable", timeDomain="threadTicks")
        self.open("large.html")
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('#lanes input').length"), lanes)
        metrics = self.browser.call("Performance.getMetrics")["metrics"]
        took = next(each["value"] for each in metrics if each["name"] == "TaskDuration")
        print(f"100,000 events: {took:.2f} s")
        self.assertGreater(took, 0.0)
        self.assertLess(took, 3.0)


if __name__ == "__main__":
    if chromium.find() is None:
        print("skipped: chromium is not installed")
        sys.exit(0)
    unittest.main(argv=sys.argv[:1])
