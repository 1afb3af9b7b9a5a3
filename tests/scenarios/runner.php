<?php

// php runner.php SCENARIO BASE_URL [CA_FILE]
// Does what a scenario says with the package for PHP, and prints canonical lines: README.md.

declare(strict_types=1);

use Smsp\Client;
use Smsp\Code;
use Smsp\Config;
use Smsp\Failure;
use Smsp\Library;
use Smsp\Operation;
use Smsp\Query;
use Smsp\Report;
use Smsp\SmspException;
use Smsp\State;

require __DIR__ . '/../../bindings/php/autoload.php';

final class Runner
{
    /** @var list<Query> */
    private array $queries = [];
    private ?Config $config = null;
    private ?Client $client = null;
    private ?Operation $operation = null;

    public function __construct(private readonly string $baseUrl, private readonly ?string $caFile)
    {
    }

    /** @param list<string> $words */
    public function do(array $words): bool
    {
        return match (count($words)) {
            1 => $this->doWord($words[0]),
            2 => $this->doPair($words[0], $words[1]),
            3 => $this->doThree(...$words),
            default => false,
        };
    }

    private function doWord(string $word): bool
    {
        match ($word) {
            'version' => self::print('version ' . Library::version()),
            'codes' => self::codes(),
            'states' => self::states(),
            'options' => $this->options(),
            'counters' => $this->counters(),
            'config' => $this->config = new Config(),
            'env' => self::result($word, fn () => $this->config->loadEnvironment()),
            'client' => $this->newClient(fn () => new Client($this->config)),
            'clear' => $this->queries = [],
            'ask' => self::answer($word, fn () => $this->client->multiStatus($this->queries)),
            'start' => $this->start(),
            'progress' => self::print("progress {$this->operation->progress()->done} {$this->operation->progress()->total}"),
            'descriptor' => self::print('descriptor ' . (self::isReadable($this->operation->descriptor()) ? 'readable' : 'silent')),
            'cancel' => $this->operation->cancel(),
            'finish' => self::answer($word, fn () => $this->operation->finish()),
            default => $word = null,
        };
        return $word !== null;
    }

    private function doPair(string $word, string $value): bool
    {
        match ($word) {
            'client' => $value === 'env' ? $this->newClient(Client::fromEnvironment(...)) : $word = null,
            'get' => self::print("get $value " . self::word($this->config->get($value))),
            'queries' => $this->addMany((int) $value),
            'clients' => self::print("clients $value {$this->asksWell((int) $value)}"),
            'until' => $this->until((int) $value),
            'wait' => self::print('wait ' . ($this->operation->wait((int) $value) ? Code::Ok : Code::Pending)->label()),
            'counter' => $this->counter($value),
            'release' => $this->release($value),
            default => $word = null,
        };
        return $word !== null;
    }

    private function doThree(string $word, string $first, string $second): bool
    {
        match ($word) {
            'set' => self::result($word, fn () => $this->config->set(self::text($first), $this->value($second))),
            'query' => $this->queries[] = new Query(self::text($first), self::text($second)),
            default => $word = null,
        };
        return $word !== null;
    }

    private static function print(string $line): void
    {
        echo $line, "\n";
    }

    private static function codes(): void
    {
        $codes = Code::cases();
        usort($codes, static fn (Code $one, Code $other) => $one->value <=> $other->value);
        foreach ($codes as $code) {
            self::print("code $code->value {$code->label()}");
        }
    }

    private static function states(): void
    {
        foreach (State::cases() as $state) {
            self::print("state $state->value {$state->label()} " . ($state->isFinal() ? 'final' : 'open'));
        }
    }

    private function options(): void
    {
        foreach (Library::options() as $name) {
            self::print("option $name " . self::word($this->config->get($name)));
        }
    }

    private function counters(): void
    {
        foreach (Library::counters() as $name) {
            self::print("counter $name {$this->client->counter($name)}");
        }
    }

    /** @param callable(): Client $make */
    private function newClient(callable $make): void
    {
        $this->client = null;
        self::result('client', fn () => $this->client = $make());
    }

    private function start(): void
    {
        $this->operation = null;
        self::result('start', fn () => $this->operation = $this->client->start($this->queries));
    }

    private function addMany(int $count): void
    {
        for ($i = 0; $i < $count; $i++) {
            $this->queries[] = new Query(sprintf('+336%08d', $i), 1000 + $i);
        }
    }

    private function asksWell(int $count): int
    {
        $good = 0;
        for ($i = 0; $i < $count; $i++) {
            $good += (int) (new Client($this->config))->multiStatus($this->queries)->isComplete();
        }
        return $good;
    }

    private function until(int $done): void
    {
        while ($this->operation->progress()->done < $done) {
            $this->operation->wait(1);
        }
    }

    private function counter(string $name): void
    {
        try {
            $value = $this->client->counter($name);
            self::print("counter SMSP_OK\nvalue $value");
        } catch (SmspException $error) {
            self::print('counter ' . $error->failure->code->label());
        }
    }

    private function release(string $what): void
    {
        match ($what) {
            'client' => $this->client = null,
            'operation' => $this->operation = null,
        };
    }

    /** The text that a word stands for. */
    private static function text(string $word): ?string
    {
        return match ($word) {
            '-' => null,
            '%' => '',
            default => rawurldecode($word),
        };
    }

    private function value(string $word): ?string
    {
        return match ($word) {
            '{base_url}' => $this->baseUrl,
            '{ca_file}' => $this->caFile,
            default => self::text($word),
        };
    }

    /** The word for a text. */
    private static function word(?string $text): string
    {
        return match ($text) {
            null => '-',
            '' => '%',
            '-' => '%2D',
            default => preg_replace_callback('/[^!-~]|%/', static fn (array $byte) => sprintf('%%%02X', ord($byte[0])), $text),
        };
    }

    private static function flag(?bool $flag): string
    {
        return $flag === null ? '-' : (string) (int) $flag;
    }

    private static function result(string $word, callable $action): void
    {
        try {
            $action();
            self::printResult($word, Code::Ok, null);
        } catch (SmspException $error) {
            self::printResult($word, Code::from($error->getCode()), $error->failure);
        }
    }

    private static function printResult(string $word, Code $code, ?Failure $failure): void
    {
        self::print("$word {$code->label()}" . ($failure === null ? '' : self::told($failure)));
    }

    private static function told(Failure $failure): string
    {
        return " {$failure->code->label()} $failure->apiCode $failure->httpStatus " . self::flag($failure->isRetryable)
            . " $failure->message";
    }

    /** @param callable(): Report $ask */
    private static function answer(string $word, callable $ask): void
    {
        try {
            $report = $ask();
            self::printResult($word, $report->isComplete() ? Code::Ok : Code::Partial, $report->failure);
        } catch (SmspException $error) {
            $report = $error->report;
            self::printResult($word, Code::from($error->getCode()), $error->failure);
        }
        self::show($report);
    }

    private static function show(?Report $report): void
    {
        if ($report === null) {
            self::print('report -');
            return;
        }
        $states = '';
        foreach (State::cases() as $state) {
            $states .= $report->countOf($state) > 0 ? " {$state->label()} {$report->countOf($state)}" : '';
        }
        self::print('report ' . count($report) . $states);
        foreach ($report as $status) {
            self::print(implode(' ', [
                'status', $status->index, self::word($status->phoneNumber), self::word($status->messageId), $status->state->label(),
                $status->code->label(), $status->apiCode, $status->unixSeconds ?? '-', self::flag($status->stopSms),
                self::flag($status->isSpam), self::word($status->dateText), self::word($status->statusText),
            ]));
            if ($status->failure !== null) {
                self::print('error' . self::told($status->failure));
            }
        }
    }

    private static function isReadable(int $descriptor): bool
    {
        $read = [fopen("php://fd/$descriptor", 'r')];
        $none = null;
        return stream_select($read, $none, $none, 0) === 1;
    }
}

$runner = new Runner($argv[2], $argv[3] ?? null);
foreach (file($argv[1], FILE_IGNORE_NEW_LINES) as $line) {
    if (preg_match('/^($|#|(simulator|environment|needs) )/', $line)) {
        continue;
    }
    if (!$runner->do(explode(' ', $line))) {
        fwrite(STDERR, "not understood: $line\n");
        exit(2);
    }
}
