def test_a(demo_app):
    with demo_app.app_context():
        from app.extensions import db
        from sqlalchemy import text
        for r in db.session.execute(text("select u.username,u.id,u.employee_id,a.role,a.organization_id,o.short_name,o.parent_id,a.territory_id from ab_user u join assignment a on a.user_id=u.id left join organization o on o.id=a.organization_id where u.username in ('operator','ministry','territory','organizer','school','worker','observer','admin','territory2','organizer2','school2','worker2') order by 2")): print(tuple(r))
        for n in "employee employment qualification attestation training former_name organization voucher voucher_application voucher_block enrolment certificate program training_group audit_entry letter ab_user assignment import_batch notice registry blank number_series survey news_item stored_file background_job workday_correction frdo_reference refusal_reason voucher_rule voucher_rule_block".split():
            print(n, db.session.execute(text(f"select count(*) from {n}")).scalar())
        for q in ["select status,count(*) from enrolment group by 1","select status,count(*) from training_group group by 1","select status,count(*) from program group by 1","select status,count(*) from voucher_application group by 1","select status,count(*) from letter group by 1"]:
            print(q,[tuple(r) for r in db.session.execute(text(q))])
        import time
        from tests.services.makers import database_state
        t=time.time(); database_state(); print('state',time.time()-t)
        from tests.actors import client_as, post
        for l in ('school','operator','worker'):
            c=client_as(demo_app,l)
            c.get('/')
            for u in ('/','/employee/list/','/enrolment/list/','/organization/list/','/employee/add','/audit_entry/list/', '/employee/export/'):
                t=time.time(); r=c.get(u); print(l,u,r.status_code,len(r.data),round(time.time()-t,3))
        open('/tmp/list.html','w').write(client_as(demo_app,'school').get('/employee/list/').get_data(as_text=True))
        open('/tmp/404.html','w').write(client_as(demo_app,'school').get('/employee/show/99999999').get_data(as_text=True))
