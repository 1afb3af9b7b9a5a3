<?php

declare(strict_types=1);

namespace Smsp\Tests;

use Smsp\Client;
use Smsp\Code;
use Smsp\Config;
use Smsp\ConfigException;
use Smsp\SmspException;

final class OptionsTest extends TestCase
{
    public function testValuesOfEveryTypeAreTaken(): void
    {
        $config = new Config(['batch_size' => 12, 'allow_http' => true, 'requests_per_second' => 0.2, 'format' => 'xml']);
        self::assertSame(['12', 'true', '0.2', 'xml'], array_map(
            $config->get(...),
            ['batch_size', 'allow_http', 'requests_per_second', 'format'],
        ));
        self::assertSame('false', $config->set('allow_http', false)->get('allow_http'));
        self::assertNull($config->get('proxy'));
        self::assertNull($config->get('no_such_option'));
    }

    /** @return iterable<string, array{array<mixed>, string}> */
    public static function refused(): iterable
    {
        yield 'a name' => [['no_such_option' => 1], 'no_such_option'];
        yield 'a value' => [['batch_size' => 501], 'batch_size'];
        yield 'a zero byte' => [['user_agent' => "shop\0"], 'user_agent'];
        yield 'no value' => [['user_agent' => null], 'value'];
    }

    /**
     * @dataProvider refused
     * @param array<mixed> $options
     */
    public function testWhatIsRefusedIsNamed(array $options, string $culprit): void
    {
        $this->expectException(SmspException::class);
        $this->expectExceptionMessage($culprit);
        new Config($options);
    }

    public function testTheEnvironmentOverridesOptions(): void
    {
        putenv('SMSP_BATCH_SIZE=77');
        try {
            self::assertSame('77', (new Config(['batch_size' => 12]))->loadEnvironment()->get('batch_size'));
            putenv('SMSP_BATCH_SIZE=0');
            foreach ([self::options(), []] as $options) {
                self::assertStringContainsString('SMSP_BATCH_SIZE', self::refusedFromEnvironment($options)->getMessage());
            }
        } finally {
            putenv('SMSP_BATCH_SIZE');
        }
    }

    public function testTheEnvironmentAloneMakesAClient(): void
    {
        self::assertStringContainsString('api_key', self::refusedFromEnvironment([])->getMessage());
        ['api_key' => $key, 'base_url' => $url] = self::options();
        putenv("SMSPARTNER_API_KEY=$key");
        putenv("SMSP_BASE_URL=$url");
        try {
            self::assertTrue(Client::fromEnvironment()->multiStatus(self::queries(1))->isComplete());
        } finally {
            putenv('SMSPARTNER_API_KEY');
            putenv('SMSP_BASE_URL');
        }
    }

    /** @param array<string, scalar> $options */
    private static function refusedFromEnvironment(array $options): ConfigException
    {
        try {
            Client::fromEnvironment($options);
        } catch (ConfigException $error) {
            self::assertSame(Code::Config, $error->failure->code);
            return $error;
        }
        self::fail('it is not refused');
    }

    public function testTheKeyIsInNoException(): void
    {
        $key = self::options()['api_key'];
        self::assertSame('***', (new Config(self::options()))->get('api_key'));
        $ways = [
            static fn (array $options) => new Client($options),
            Client::fromEnvironment(...),
            Client::persistent(...),
        ];
        foreach ($ways as $way) {
            foreach ([['batch_size' => 0], ['api_key' => "$key\n1"], ['base_url' => 'http://example.test/v1']] as $wrong) {
                try {
                    $way($wrong + self::options());
                    self::fail('this cannot be set');
                } catch (ConfigException $error) {
                    // What this test was called with is the test's.
                    $frames = array_filter($error->getTrace(), static fn ($frame) => str_contains($frame['file'] ?? '', '/src/'));
                    self::assertNotEmpty($frames);
                    self::assertStringNotContainsString($key, print_r([$error->getMessage(), $frames], true));
                }
            }
        }
    }

    public function testThereIsNoSuchCounter(): void
    {
        $this->expectExceptionMessage('SMSP_E_INVALID_ARGUMENT: there is no counter "no_such_counter"');
        self::client()->counter('no_such_counter');
    }
}
