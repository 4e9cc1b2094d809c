"""The history of a synthetic province at national size: enterprises, people, certificates, appointments, notices.

It is made up, from a fixed seed; nobody in it exists. `../load.py` puts it into the four services' databases.

    tree        the divisions that registry ships, and how enterprises are spread over them
    days        the days of the history
    words       names
    retention   what has passed by the last day, and so is counted and not written
    numbers     rising numbers that several processes give out
    books       the rows that wait to be copied, and the events: outbox, heads, counts
    readers     what each service makes of the others' events, as its handlers would
    rules       by which rule set it is announced
    followed    what notifications keeps of the others' events: facts, what is open, and what is due later
    notices     the notices that it writes
    deliveries  what became of them
    offices     the divisions' addresses
    classes     training's plans and classes
    careers     a person: registered, nominated, trained
    certificates  what becomes of a certificate, and the talent pool
    firms       an enterprise with its people, its post and its appointments
    parts       the processes that write the history side by side, some enterprises each
    databases   the private server, the four databases, and the copying
    indexes     taken off before the rows come, made again after
    feed        the outboxes' months and positions
    cursors     where the readers stand
    audit       registry's audit log
    audits      what the nights' audits of coverage found
    subscribers other systems with their subscriptions
    handing_out what they were given
    finishing   what is done before the first part and after the last
    checking    whether the four databases agree
"""
