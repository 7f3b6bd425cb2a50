import { refreshNeedLines } from '../../app/web/refresh-needs.ts';
import { COPIED_ADVICE } from './copied-texts.ts';
import type { FindingTexts } from './finding-texts.ts';
import { historyJa } from './history-texts.ts';

const SHOWN = 5;

function some(names: readonly string[], count = names.length): string {
  const rest = count - Math.min(SHOWN, names.length);
  return rest > 0 ? `${names.slice(0, SHOWN).join('、')} ほか ${rest} 件` : names.join('、');
}

/** doctor の診断結果。 */
export const FINDINGS_JA: FindingTexts = {
  node: ({ version, platform }) => ({ what: `Node ${version}(${platform})` }),
  config_invalid: ({ error }) => ({ what: `設定に誤りがあります: ${error}` }),
  setting_unknown: ({ name, nearest }) => ({
    what: `${name} はこのバージョンにない設定です`,
    advice: nearest === undefined ? 'つづりを確かめるか、削除してください。' : `${nearest} の間違いではありませんか?`,
  }),
  setting_untidy: ({ name, what }) => ({
    what: {
      spaces: `${name} の前後に空白があります`,
      quotes: `${name} が引用符で囲まれています`,
      placeholder: `${name} が見本の値のままのようです`,
    }[what],
    advice:
      what === 'placeholder'
        ? 'プロバイダーの開発者コンソールにある、ご自分のアプリの値を入れてください。'
        : '値の一部でなければ取り除いてください。',
  }),
  directory_missing: ({ path }) => ({ what: `データディレクトリー ${path}: まだありません(最初の起動で作られます)` }),
  directory_good: ({ path }) => ({ what: `データディレクトリー ${path}` }),
  directory_unusable: ({ path, error }) => ({
    what: `データディレクトリー ${path} を使えません(${error})`,
    advice: 'Kippu を動かすユーザーが読み書きできるようにするか、KIPPU_HOME を別の場所にしてください。',
  }),
  directory_open_to_others: ({ path, mode }) => ({
    what: `ほかのユーザーがデータディレクトリー ${path} を見られます(モード ${mode})`,
    advice: `chmod 700 '${path}'`,
  }),
  ring_not_made: ({ isProduction }) =>
    isProduction
      ? {
          what: '鍵束がありません(NODE_ENV=production では自動で作られません)',
          advice: 'kippu vault keygen を一度実行し、安全に保管して KIPPU_KEYS に設定してください。',
        }
      : { what: '鍵束: まだありません(最初の起動で作られます)' },
  ring_unused: ({ source, keyIds }) => ({
    what: `鍵束(${source}、鍵 ${keyIds.join('、')})。開くべきデータベースはまだありません`,
  }),
  ring_good: ({ source, keyIds }) => ({ what: `鍵束(${source}、鍵 ${keyIds.join('、')})でこのデータベースを開けます` }),
  ring_bad: ({ error }) => ({ what: `鍵束に問題があります: ${error}` }),
  store_new: ({ url }) => ({ what: `データベース ${url}: まだありません(最初の起動で作られます)` }),
  store_in_memory: () => ({
    what: 'データベースはメモリー上にあり、プロセスが終わるとすべて失われます',
    advice: '残すには KIPPU_DATABASE_URL=sqlite:./kippu.db を設定してください。',
  }),
  store_good: ({ url }) => ({ what: `データベース ${url}` }),
  store_unusable: ({ error }) => ({ what: `データベースを使えません: ${error}` }),
  store_behind: ({ migrations }) => ({
    what: `データベースに未適用のマイグレーションが ${migrations.length} 件あります`,
    advice: '次の起動で適用されます。いま適用するには: kippu migrate',
  }),
  store_copied: ({ copied }) => ({
    what: `複製か移動されたデータベースのため、更新も投稿も止めています(${copied.why})`,
    advice: COPIED_ADVICE.ja(copied),
  }),
  app_none: () => ({
    what: 'プロバイダーが設定されていません。kippu up で模擬プロバイダーのサンドボックスが動きます',
    advice: '本物の X を使うには、.env に KIPPU_X_CLIENT_ID(と KIPPU_X_CLIENT_SECRET)を書いてください。',
  }),
  app: ({ provider, clientId, hasSecret, deviceOnlyWithoutSecret, callback }) => ({
    what: `${provider}: クライアント ID ${clientId}、${hasSecret ? 'コンフィデンシャルクライアント(シークレットあり)' : 'パブリッククライアント(シークレットなし)'}`,
    advice:
      `コールバック URL はこの通りに登録してください(末尾にスラッシュなし): ${callback}` +
      (hasSecret
        ? ''
        : deviceOnlyWithoutSecret
          ? `\nシークレットがないと、使えるのはデバイスフローだけで、ここから取り消すこともできません: kippu connect ${provider} --device`
          : '\nシークレットなしで使うには、プロバイダー側のアプリの種類をパブリッククライアント(Native App など)にしてください。'),
  }),
  callback_host: ({ provider, host, wanted }) => ({
    what: `公開 URL は ${host} ですが、${provider} ではこのマシンを ${wanted} と書く必要があります`,
    advice: `KIPPU_PUBLIC_URL を http://${wanted}:ポート にし、そのコールバック URL を登録してください。`,
  }),
  callback_port: ({ publicUrl, port }) => ({
    what: `ブラウザーは ${publicUrl} に戻りますが、サーバーはポート ${port} で待ち受けます`,
    advice: 'KIPPU_PUBLIC_URL のポートと KIPPU_PORT を同じにしてください。',
  }),
  scope_unknown: ({ provider, scope }) => ({
    what: `${scope} は ${provider} のドキュメントにないスコープです`,
    advice: 'つづりを確かめてください。知らないスコープがあると同意がエラーになります。',
  }),
  base_url: ({ provider, origin }) => ({
    what: `${provider} への通信はすべて本物ではなく ${origin} に送られます`,
    advice: `本物を使うには KIPPU_${provider.toUpperCase()}_BASE_URL を削除してください。`,
  }),
  issuer_good: ({ provider, issuer }) => ({ what: `${provider}: ${issuer} の構成情報を読めました` }),
  issuer_silent: ({ provider, error, isKept }) => ({
    what: `${provider}: ${error}`,
    advice: isKept
      ? '応答があるまで、前回読んだ構成情報を使います。'
      : '応答があるまで、このプロバイダーは使えません。KIPPU_<ID>_ISSUER を、プロバイダーの資料と比べてください。',
  }),
  app_held: ({ provider, error }) => ({
    what: `${provider} の更新を止めています${error === undefined ? '' : `: ${error}`}`,
    advice: `クライアント ID、シークレット、アプリの状態を確かめてから: kippu doctor --release ${provider}`,
  }),
  app_refused: ({ provider, error, sinceMs }, { instant }) => ({
    what: `${provider} が ${instant(sinceMs)} からこのアプリを拒否しています${error === undefined ? '' : `(${error})`}`,
    advice: 'クライアント ID、シークレット、アプリの種類を確かめてください。シークレットを変えると、すぐに試します。',
  }),
  app_elsewhere: ({ provider, clientId, issuer, connections }) => ({
    what: `${connections} 件の接続が、設定されていない ${provider} の別のアプリ(${issuer} のクライアント ID ${clientId})のものです`,
    advice: 'そのクライアント ID を設定し直すか、ユーザーに再同意してもらってください。',
  }),
  clock_good: ({ host, aheadMs }, { span }) => ({
    what: `時計は ${host} と合っています${Math.abs(aheadMs) < 2000 ? '' : `(差は ${span(Math.abs(aheadMs))})`}`,
  }),
  clock_off: ({ host, aheadMs }, { span }) => ({
    what: `このマシンの時計は ${host} より ${span(Math.abs(aheadMs))}${aheadMs > 0 ? '進んで' : '遅れて'}います`,
    advice: 'ネットワーク時刻(NTP)に合わせてください。トークンの期限はこの時計で判断します。',
  }),
  clock_not_compared: ({ host, why }) => ({ what: `時計: ${host} に問い合わせられませんでした(${why})` }),
  server_running: ({ url, pid, version }) => ({
    what: `サーバー ${version} が ${url} で動いています(プロセス ${pid})`,
  }),
  port_free: ({ host, port }) => ({ what: `${host} のポート ${port} は空いています。サーバーは動いていません` }),
  port_taken: ({ host, port }) => ({
    what: `${host} のポート ${port} は別のプログラムが使っています`,
    advice: 'そのプログラムを終了するか、KIPPU_PORT を変えて新しいコールバック URL を登録してください。',
  }),
  port_unusable: ({ host, port, error }) => ({
    what: `${host}:${port} で待ち受けられません(${error})`,
    advice: 'KIPPU_HOST をこのマシンのアドレスに、KIPPU_PORT を 1024 以上にしてください。',
  }),
  spool_good: () => ({ what: 'スプール: 待っているものはありません' }),
  spool_waiting: ({ count }) => ({
    what: `プロバイダーからの応答 ${count} 件が、スプールでデータベースを待っています`,
    advice: 'Kippu が動けば数秒で反映されます。新しいトークンはここにしかないので、決して削除しないでください。',
  }),
  spool_damaged: ({ files }) => ({
    what: `壊れたスプールのファイルがあります: ${some(files)}`,
    advice: '残しておいてください。その接続は確認中になり、再同意が必要になることがあります。',
  }),
  answers_elsewhere: ({ nodeId, names, count, heardAtMs }, { instant }) => ({
    what:
      `次の接続への応答は、ノード ${nodeId} のスプールにしかない可能性があります: ${some(names, count)}。` +
      (heardAtMs === undefined
        ? 'このノードからの報告は一度もありません'
        : `このノードからの報告は ${instant(heardAtMs)} が最後です`),
    advice:
      '止まっているだけ、またはデータベースに届かないだけなら、起動し直してください。どのノードかは、データディレクトリの node-id でわかります。\n' +
      '二度と戻らず、ディスクが残っている場合は、そのデータディレクトリを KIPPU_HOME にして `kippu up --no-server` を動かし、待っているものがなくなるまで待ってください。' +
      '急いでください。アクセストークンが切れると使用済みのリフレッシュトークンがもう一度送られ、ユーザーの再同意が必要になります。',
  }),
  grants_crowded: ({ provider, handle, names, count, max }) => ({
    what: `${handle} は ${provider} の同じアプリで ${count} 回接続されています(保持されるのは ${max} まで): ${some(names, count)}`,
    advice: '次に同意すると、一番古いものが黙って失効します。不要なものを取り消してください。',
  }),
  no_refresh_token: ({ provider, names, count, needs, consentsUrl }) => ({
    what: `${provider} がリフレッシュトークンを発行しなかったため、アクセストークンとともに終わります: ${some(names, count)}`,
    advice: [
      ...refreshNeedLines({ needs, consentsUrl }, 'ja'),
      `そのあと接続し直してください: kippu connect ${provider}`,
    ].join('\n'),
  }),
  id_token_refused: ({ name, reason }) => ({
    what: `${name} の ID トークンが検証に通りません: ${reason}`,
    advice: `渡しませんが、アクセストークンには影響しません。新しいものを得るには: kippu renew ${name}`,
  }),
  testing_suspected: ({ provider, names, count, days, variable }) => ({
    what: `${some(names, count)} は理由なく終わり、${days} 日より長く続いたことがありません`,
    advice: `${provider} でテスト中のアプリはそうなります。コンソールで公開するか、${variable}=1 を設定して事前に警告を受けてください。`,
  }),
  tokens_dead: ({ provider, names }) => ({
    what: `有効なはずのアクセストークンが、${provider} では無効になっています: ${some(names)}`,
    advice:
      `取り消されたか、置き換えられています。新しいものを得るには: kippu renew ${names[0]}\n` +
      `それも拒否されたら: kippu connect ${provider} --connection ${names[0]}`,
  }),
  tokens_not_asked: ({ provider, error }) => ({
    what: `アクセストークンが有効かを ${provider} に確かめられませんでした: ${error}`,
    advice: 'トークンが無効とは限りません。HTTP 401 か 403 なら、クライアント ID とシークレットを確かめてください。',
  }),
  tokens_living: ({ provider, count }) => ({
    what: `アクセストークンの有効性を ${provider} で確かめました(${count} 件)`,
  }),
  never_expires: ({ names, count }) => ({
    what: `アクセストークンに期限がありません: ${some(names, count)}`,
    advice:
      'プロバイダーのアプリ設定で期限を有効にしてから、古いものを取り消してください: kippu revoke --never-expires\nそのあと、利用者に接続し直してもらいます。',
  }),
  orphans: ({ names, count }) => ({
    what: `行き先のないトークンを保管しています: ${some(names, count)}`,
    advice: '接続をあきらめる前に試されます。詳しくは: kippu show',
  }),
  history: historyJa,
  connections: ({ counts }) => ({
    what: `接続: 有効 ${counts.active}、確認中 ${counts.uncertain}、再同意が必要 ${counts.reauth_required}、取り消し済み ${counts.revoked}`,
  }),
  connections_beyond: ({ lookedAt, count }) => ({
    what:
      `まもなく終わる接続と、プロバイダー側のアプリの設定は、${count.toLocaleString('ja')} 件のうち最初の ` +
      `${lookedAt.toLocaleString('ja')} 件だけを調べました`,
  }),
  more: ({ of, count }) => ({
    what: {
      consent_needed_soon: `ほかに ${count} 件の接続が 1 週間以内に終わります`,
      id_token_refused: `ほかに ${count} 件の接続の ID トークンが検証に通りません`,
      consent_ends_before_post: `ほかに ${count} 件の接続が次の投稿より前に終わります`,
    }[of],
  }),
  connections_uncertain: ({ names, count }) => ({
    what: `更新を送ったが応答のない接続: ${some(names, count)}`,
    advice: 'Kippu が動いていれば自動的に解決されます。',
  }),
  reuse_suspected: ({ names, count }) => ({
    what: `ここからは使っていないのに無効になった接続: ${some(names, count)}。他人がリフレッシュトークンを使ったか、ユーザーがアプリを外したか、同じアプリで別の場所から接続した可能性があります`,
    advice: '本番、検証、手元のマシンには、それぞれ別のアプリを登録してください。詳しくは kippu show で。',
  }),
  consent_needed: ({ names, count }) => ({
    what: `ユーザーの再同意が必要な接続: ${some(names, count)}`,
    advice: `kippu connect プロバイダー --connection ${names[0]}`,
  }),
  consent_needed_soon: ({ name, atMs }, { instant }) => ({
    what: `${name} は ${instant(atMs)} に終わります`,
    advice: `その前に: kippu connect プロバイダー --connection ${name}`,
  }),
  mail_off: () => ({
    what: 'メール: 送らない設定です',
    advice: 'ユーザーの再同意が必要なときに知らせを受けるには: KIPPU_SMTP_URL、KIPPU_MAIL_FROM、KIPPU_MAIL_TO',
  }),
  mail_good: ({ server, recipients }) => ({ what: `メールは ${server} から ${some(recipients)} に送ります` }),
  mail_unusable: ({ error }) => ({
    what: `メールを送れません: ${error}`,
    advice:
      'KIPPU_SMTP_URL のホスト、ポート、ユーザー、パスワードを確かめてください。待っているものは、直れば送られます。',
  }),
  mails_failing: ({ recipient, count, error }) => ({
    what: `${recipient} へのメール ${count} 通が届いていません(${error})`,
    advice: '拒否されたものは送り直しません。KIPPU_MAIL_TO の宛先を確かめてください。ほかは3日間送り続けます。',
  }),
  webhook_good: ({ id, origin }) => ({ what: `Webhook ${id}(${origin})` }),
  webhook_disabled: ({ id, origin, because }) => ({
    what: `Webhook ${id}(${origin})は無効です: ${because}`,
    advice: `kippu webhooks enable ${id} または kippu webhooks remove ${id}`,
  }),
  webhook_failing: ({ id, origin, count, error }) => ({
    what: `Webhook ${id}(${origin})に ${count} 件のイベントが届いていません(${error})`,
    advice: `kippu webhooks deliveries ${id} と kippu webhooks test ${id}`,
  }),
  consent_ends_before_post: ({ name, atMs, postAtMs }, { instant }) => ({
    what: `${name} は ${instant(atMs)} に終わります。次の投稿は ${instant(postAtMs)} です`,
    advice: `その前に: kippu connect プロバイダー --connection ${name}`,
  }),
};
