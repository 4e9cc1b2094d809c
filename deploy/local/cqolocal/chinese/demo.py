"""The demo: its steps, its figures, and what must hold in it."""

STEPS = {
    "s": "秒",
    "ready: everything below goes through the services' HTTP APIs; all people and firms are synthetic": (
        "就绪：以下操作全部通过各服务的 HTTP 接口完成；所有人员和企业均为合成数据"
    ),
    "the staff of {count} divisions have an address for notices": "{count} 个区划的工作人员已登记接收通知的地址",
    "{name}.xlsx: {created} imported, {rejected} rows rejected; "
    "a second time: {again} imported, {unchanged} unchanged": (
        "{name}.xlsx：导入 {created} 条，拒绝 {rejected} 行；再次导入：新增 {again} 条，{unchanged} 条无变化"
    ),
    "    row {row}, column {letter} {column}: {reason}": "    第 {row} 行，{letter} 列 {column}：{reason}",
    "class held: {nominated} nominated, {passed} passed, {failed} failed, "
    "{resits} of those who passed at the second sitting": (
        "培训班结业：推荐 {nominated} 人，合格 {passed} 人，不合格 {failed} 人，合格者中 {resits} 人经补考合格"
    ),
    "{places} places, {waiting} waited for one; one nominee withdrew, and {moved_up} moved up": (
        "名额 {places} 个，候补 {waiting} 人；一人退出，{moved_up} 人递补"
    ),
    "an enterprise corrects its legal representative; its county accepts: {name}": (
        "企业申请更正法定代表人，县级部门予以采纳：{name}"
    ),
    "3 candidates recommended: 1 admitted, 1 returned, completed and admitted, 1 refused: {why}": (
        "推荐拟任人选 3 名：1 名通过，1 名退回补正后通过，1 名未通过：{why}"
    ),
    "a CQO's plan of the year, by {count} duties: submitted, and the county takes note": (
        "首席质量官提交年度履职计划（{count} 项职责），县级部门已知悉"
    ),
    "an incident of grade III: first report after 40 minutes, a stage report, closed, the final report": (
        "III 级质量安全事故：40 分钟内首报，续报，处置完毕，终报"
    ),
    "a CQO is excluded until {day}; the appointment is suspended at once": (
        "一名首席质量官被列入限制任职名单至 {day}，任职随即中止"
    ),
    "{count} certificates, the first {number} ({status}); {admitted} people entered the talent pool by the event": (
        "颁发证书 {count} 张，第一张为 {number}（{status}）；{admitted} 人经事件进入人才库"
    ),
    "{count} CQOs appointed; eligibility of one explained: {met} of {criteria} criteria met by rule set {version}": (
        "聘任首席质量官 {count} 名；其中一人的任职条件：符合 {met} 项，共 {criteria} 项，依据规则集 {version}"
    ),
    "valid": "有效",
    "refused, {what}: {detail}": "拒绝，{what}：{detail}",
    "not in the pool": "不在人才库中",
    "no certificate valid that day": "当日无有效证书",
    "already CQO elsewhere": "已在他处任首席质量官",
    "the post is taken": "岗位已有人",
    "{count} appointments filed in time; one on {day}, due {due}: late is {late}": (
        "{count} 项聘任按时备案；一项于 {day} 备案，期限 {due}：是否逾期：{late}"
    ),
    "True": "是",
    "False": "否",
    "{days} days before the certificates end": "距证书到期 {days} 天",
    "{count} certificates have expired": "{count} 张证书已到期",
    "{count} of them were renewed late": "其中 {count} 张逾期续期",
    "suspended by the rule set: {suspended} appointments; restored by renewal: {restored}": (
        "依规则集中止聘任：{suspended} 项；续期后恢复：{restored} 项"
    ),
}

REQUIRED = {
    "importing {name} twice changed something": "重复导入 {name} 产生了变化",
    "nobody moved up from the waiting list": "没有人从候补名单递补",
    "an accepted correction did not take effect": "已采纳的更正没有生效",
    "the reviews did not end as they were decided": "审核结果与决定不一致",
    "the county has not taken note of the duty record": "县级部门尚未知悉履职计划",
    "the incident's reports are not all there in time": "事故报告不全或有逾期",
    "the appointment of an excluded person is not suspended": "被列入限制任职名单者的任职没有中止",
    "the pool is not those who hold a certificate": "人才库与持证人员不一致",
    "an appointment was accepted that breaks a rule: {what}": "违反规则的聘任被接受：{what}",
    "the late filing was not flagged": "逾期备案没有标记",
    "not those appointments are suspended whose certificate ended": "被中止的聘任与证书终止的聘任不一致",
    "a renewal did not restore the appointment": "续期没有恢复聘任",
    "it does not come to rest: {waiting}; {differing}": "系统没有平息：{waiting}；{differing}",
}

FIGURES = {
    "[bold]Not the same:[/bold] {difference}": "[bold]不一致：[/bold]{difference}",
    "{what}: {applied} of {published}": "{what}：已处理 {applied}，共 {published}",
    "{counts}, but not the same ones": "{counts}，但不是同一批",
    "{kind} at {reader}": "{reader} 的 {kind}",
    "Killed meanwhile: {killed}": "期间杀死：{killed}",
    "database connection": "数据库连接",
    "service process": "服务进程",
    "broker node": "消息中间件",
    "Events": "事件",
    "event": "事件",
    "published": "已发布",
    "applied": "已处理",
    "cursor only": "仅移动游标",
    "by nobody here: in the feed for subscribers": "本系统内无人处理：供订阅方从事件流读取",
    "Cursor only: the reader has no handler for it, and only noted that it has come.": (
        "仅移动游标：订阅方对该类事件没有处理函数，只记下它已到达。"
    ),
    "Notices delivered": "已送达的通知",
    "notice": "通知",
    "in-app": "站内通知",
    "e-mail": "电子邮件",
    "{count} letters lie as .eml files in {folder}": "{count} 封信件以 .eml 文件存于 {folder}",
    "[bold]One notice in full[/bold] (to the {recipient})": "[bold]一份通知的全文[/bold]（收件方：{recipient}）",
    "person": "个人",
    "enterprise": "企业",
    "division": "区划",
    "Expiry notices": "到期提醒",
    "days left": "剩余天数",
    "due": "应发",
    "announced": "已公布",
    "overtaken": "被后者取代",
    "cancelled": "已取消",
    "Coverage of {population}: those with an active CQO, as of three days": (
        "{population}的覆盖率：有在任首席质量官的企业占比，截至三个日期"
    ),
    "contenders for the quality award": "质量管理奖争创企业",
    "名牌 contenders": "名牌争创企业",
    "enterprises above the size threshold": "规模以上工业企业",
    "reporting unit": "报送单位",
    "enterprises": "企业数",
    "target": "目标",
    "[bold]Reconciliation[/bold], read back from the four databases through the services: "
    "{events_published} events published, {events_applied} applications by their readers' "
    "handlers, compared by the events' ids; {cursor_only} seen by readers without a handler; "
    "lost {lost}, applied twice {applied_twice}, parked {parked}; "
    "notices due {notices_due}, sent {notices}, missing {notices_missing}; {seconds} s.": (
        "[bold]对账[/bold]，经各服务从四个数据库读回：发布事件 {events_published} 条，各订阅方处理函数处理 "
        "{events_applied} 次，按事件 id 比对；无处理函数的订阅方收到 {cursor_only} 次；丢失 {lost}，重复处理 "
        "{applied_twice}，搁置 {parked}；应发通知 {notices_due}，已发 {notices}，缺失 {notices_missing}；"
        "用时 {seconds} 秒。"
    ),
}

DEMO = {**STEPS, **REQUIRED, **FIGURES}
